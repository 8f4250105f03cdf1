/** The demo's mailbox: a list that fills by itself, and one mail at a time. */
import { show } from "./strip.js";

const list = document.getElementById("mails");
const frame = /** @type {HTMLIFrameElement} */ (document.getElementById("html"));
const text = document.getElementById("text");
let mails = [];
let open = 0;
let view = "html";

async function load() {
  let found;
  try { found = await (await fetch("/mailbox/list")).json(); } catch { return; }
  if (found.length === mails.length) return;
  mails = found;
  document.getElementById("nothing").hidden = mails.length > 0;
  list.replaceChildren(...mails.map(item));
  if (!open && mails.length) read(mails[0].number);
}

function item(mail) {
  const entry = document.createElement("li");
  const button = document.createElement("button");
  const when = new Date(mail.at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const [tag, words] of [["strong", mail.subject], ["span", mail.to], ["span", when]]) {
    const part = document.createElement(tag);
    part.textContent = words;
    button.append(part);
  }
  button.dataset.number = mail.number;
  button.addEventListener("click", () => read(mail.number));
  entry.append(button);
  return entry;
}

function read(number) {
  const mail = mails.find((one) => one.number === number);
  open = number;
  list.querySelectorAll("button").forEach((button) => button.setAttribute("aria-current", String(button.dataset.number === String(number))));
  document.getElementById("reading").hidden = false;
  document.getElementById("subject").textContent = mail.subject;
  document.getElementById("facts").textContent = `${mail.from} → ${mail.to}`;
  frame.src = `/mailbox/${number}`;
  look(view);
}

function look(next) {
  view = next;
  const mail = mails.find((one) => one.number === open);
  const shown = view === "html" || view === "phone";
  frame.hidden = !shown;
  frame.classList.toggle("phone", view === "phone");
  text.hidden = shown;
  text.textContent = mail ? mail[view] || "" : "";
  document.querySelectorAll("[role=tab]").forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.view === view)));
}

document.querySelectorAll("[role=tab]").forEach((tab) => tab.addEventListener("click", () => look(tab.dataset.view)));
document.addEventListener("pushed", load);
show(document.getElementById("strip"));
load();
setInterval(load, 1500);
