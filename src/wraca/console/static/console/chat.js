// Live chat in the console: the badge, the conversation that goes on by itself, the sound. Pages work without it, on reload.
const chatOne = (selector) => document.querySelector(selector);
const badge = chatOne("[data-chat-live]");
const log = chatOne("#chat-log");
const form = chatOne("#chat-form");
const isInbox = Boolean(log || chatOne("[data-chat-here]"));
const title = document.title;
let lines = null;
let key = "";

const quiet = { headers: { "HX-Request": "true", Accept: "application/json" }, credentials: "same-origin" };
const isHere = () => document.visibilityState === "visible";

function ring() {
  if (!wantsSound()) return;
  try {
    const audio = new AudioContext(), tone = audio.createOscillator(), loud = audio.createGain();
    tone.frequency.value = 740;
    loud.gain.setValueAtTime(0.08, audio.currentTime);
    loud.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 0.35);
    tone.connect(loud).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.35);
    tone.onended = () => audio.close();
  } catch { /* the browser lets nothing sound before the page was touched */ }
}

function wantsSound() { try { return localStorage.getItem("wraca.chat.sound") === "on"; } catch { return false; } }

document.querySelectorAll("[data-chat-sound]").forEach((button) => {
  const told = () => button.setAttribute("aria-pressed", String(wantsSound()));
  button.hidden = false;
  told();
  button.addEventListener("click", () => {
    try { localStorage.setItem("wraca.chat.sound", wantsSound() ? "off" : "on"); } catch { return; }
    told();
    ring();
  });
});

async function count() {
  try {
    const answer = await fetch(`${badge.dataset.chatLive}${isInbox && isHere() ? "?here=1" : ""}`, quiet);
    if (!answer.ok) return;
    const told = await answer.json();
    badge.textContent = told.unread;
    badge.hidden = !told.unread;
    document.title = told.unread ? `(${told.unread}) ${title}` : title;
    if (lines !== null && told.lines > lines) ring();
    lines = told.lines;
  } catch { /* the next look may reach it */ }
}

async function look() {
  try {
    const answer = await fetch(`${log.dataset.lines}?after=${log.dataset.last}${isHere() ? "&here=1" : ""}`, quiet);
    if (!answer.ok) return;
    const told = await answer.json();
    if (Number(told.last) > Number(log.dataset.last)) {
      const made = document.createElement("template");
      made.innerHTML = told.html; // from our own template, which escapes what visitors say
      log.append(made.content);
      log.dataset.last = told.last;
      log.scrollTop = log.scrollHeight;
      if (told.heard) ring();
    }
    chatOne("#chat-gone").hidden = !told.gone;
  } catch { /* the next look may reach it */ }
}

function again(act, pause) {
  const turn = async () => { await act(); setTimeout(turn, isHere() ? pause : 4 * pause); };
  setTimeout(turn, pause);
}

async function send() {
  const text = chatOne("#chat-text"), file = chatOne("#chat-file"), problem = chatOne("#chat-problem");
  if (!text.value.trim() && !file.files.length) return;
  key = key || crypto.randomUUID(); // the same until it is taken: said twice, kept once
  const said = new FormData(form);
  said.set("key", key);
  form.querySelector(".actions button").disabled = true;
  try {
    const answer = await fetch(form.action || location.href, { method: "POST", body: said, headers: { Accept: "application/json" }, credentials: "same-origin" });
    const told = await answer.json();
    problem.textContent = told.problem || "";
    if (told.problem) { key = ""; return; }
    key = "";
    text.value = "";
    file.value = "";
    await look();
  } catch { problem.textContent = form.dataset.failed; } finally {
    form.querySelector(".actions button").disabled = false;
    text.focus();
  }
}

if (badge) { if (isInbox) count(); again(count, isInbox ? 5000 : 15000); }
if (log) { log.scrollTop = log.scrollHeight; again(look, 1500); }
if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  chatOne("#chat-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  });
  document.querySelectorAll("[data-answer]").forEach((button) => button.addEventListener("click", () => {
    const text = chatOne("#chat-text");
    text.value = text.value ? `${text.value.trimEnd()} ${button.textContent}` : button.textContent;
    text.focus();
  }));
}
