/** The strip above every page of the demo: where things are, what time it is, and buttons that push the time forward. */

const HOUR = 3600000;

/** @param {HTMLElement} place */
export async function show(place) {
  const at = await status();
  if (!at) return;
  place.className = "strip";
  place.innerHTML = `<nav aria-label="Demo"><a href="${at.shop}">Shop</a><a href="${at.mailbox}">Mailbox <b>${at.mails}</b></a>
    <a href="${at.console}">Console</a></nav><p class="clock"><time></time> <span class="waits"></span></p>
    <p class="push"><button data-ms="${HOUR}">+1 h</button><button data-ms="${24 * HOUR}">+1 day</button></p>`;
  draw(place, at);
  place.querySelectorAll("button").forEach((button) => button.addEventListener("click", () => push(place, Number(button.dataset.ms))));
  setInterval(async () => { const now = await status(); if (now) draw(place, now); }, 2000);
}

async function status() {
  try { return await (await fetch("/demo/status")).json(); } catch { return null; }
}

function draw(place, at) {
  place.querySelector("b").textContent = at.mails;
  place.querySelector("time").textContent = new Date(at.now).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  place.querySelector(".waits").textContent = at.waits;
}

async function push(place, ms) {
  const buttons = place.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  place.querySelector(".waits").textContent = "…";
  try { await fetch("/demo/push", { method: "POST", body: JSON.stringify({ ms }) }); } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
  const now = await status();
  if (now) draw(place, now);
  document.dispatchEvent(new Event("pushed"));
}
