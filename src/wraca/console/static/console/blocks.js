// The editor of messages: the page works without this file. With it, what is typed is sent at once, the preview follows, and blocks move
// under the hand. Every answer of the server is a whole page; the parts that changed are put in place.
const found = (selector, inside = document) => inside.querySelector(selector);
const every = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const byId = (id, inside = document) => inside.querySelector(`[id="${id}"]`);
const composer = () => byId("composer");
const form = () => byId("composer-form");
const TOLD = ["composer-bar", "composer-state", "composer-findings", "composer-inbox"];

// --- asking the server: one request after the other, in the order of the hands -------------------------------------------------
let queue = Promise.resolve();
let waiting = 0;

function ask(make, then) {
  waiting += 1;
  queue = queue.then(async () => {
    try {
      const [address, options] = make();
      const answer = await fetch(address, { ...options, headers: { "X-Editor": "1" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!byId("composer", page)) location.assign(answer.url);
      else then(page);
    } catch (fault) {
      byId("composer-state").textContent = composer().dataset.lost;
      if (!(fault instanceof TypeError) && !/^\d+$/.test(fault.message)) throw fault;
    } finally {
      waiting -= 1;
    }
  });
}

function post(act, then, at = "") {
  ask(() => {
    const fields = new FormData(form());
    fields.set("act", act);
    fields.set("at", at);
    fields.set("turn", composer().dataset.turn);
    fields.set("see", query());
    return [composer().dataset.address, { method: "POST", body: fields }];
  }, then);
}

// --- putting the answer in place -----------------------------------------------------------------------------------------------
function place(page, { blocks }) {
  const focused = document.activeElement?.dataset?.act ?? "";
  Object.assign(composer().dataset, byId("composer", page).dataset);
  found("[name=turn]", form()).value = composer().dataset.turn;
  const hintsAreOpen = found(".hints")?.open;
  TOLD.forEach((id) => byId(id).replaceWith(byId(id, page)));
  if (hintsAreOpen && found(".hints")) found(".hints").open = true;
  notices(page);
  const isOther = Boolean(found("[name=count]", form())) !== Boolean(found("[name=count]", byId("composer-form", page)));
  if (blocks || isOther) {
    byId("composer-blocks").replaceWith(byId("composer-blocks", page));
    found("[name=form]", form()).value = found("[name=form]", byId("composer-form", page)).value;
    dress();
  } else faults(page);
  if (focused) found(`[data-act="${focused}"]:not(:disabled)`)?.focus();
  look();
}

function notices(page) {
  every("main > .notice").forEach((each) => each.remove());
  every("main > .notice", page).forEach((each) => byId("main").prepend(each));
}

// What is typed into stays untouched; only what is said of it changes.
function faults(page) {
  every("[data-at]", form()).forEach((mine) => {
    const fresh = found(`[data-at="${mine.dataset.at}"]`, page);
    if (!fresh) return;
    const isWrong = fresh.classList.contains("wrong");
    mine.classList.toggle("wrong", isWrong);
    every("[aria-describedby]", mine).forEach((each) => (isWrong ? each.setAttribute("aria-invalid", "true") : each.removeAttribute("aria-invalid")));
    const says = found(":scope > .says", mine);
    if (says) says.replaceChildren(...found(":scope > .says", fresh).childNodes);
  });
  every(".block", form()).forEach((mine) => {
    const fresh = byId(mine.id, page);
    if (!fresh) return;
    mine.className = fresh.className;
    [".leaf-words", "[data-flaw]"].forEach((selector) => { found(selector, mine).textContent = found(selector, fresh).textContent; });
    const [mineBadge, badge] = [found("summary .badge", mine), found("summary .badge", fresh)];
    mineBadge?.remove();
    if (badge) found("[data-flaw]", mine).before(badge);
  });
}

// --- the preview ---------------------------------------------------------------------------------------------------------------
let size = "desktop";
const query = () => byId("composer-inbox").dataset.query;
const blockInHand = () => document.activeElement?.closest?.(".block")?.dataset.block;

// A new frame is shown when it is ready, so that nothing flickers; it opens at the block in hand.
function look() {
  const inbox = byId("composer-inbox");
  const box = found(".frame");
  const old = every("iframe", box);
  // What cannot be drawn leaves the last good picture in place.
  const isBroken = Boolean(found(".error", inbox));
  box.classList.toggle("stale", isBroken);
  tidyLook();
  if (isBroken) return;
  const at = blockInHand();
  const fresh = old[0].cloneNode();
  fresh.src = inbox.dataset[size === "text" ? "text" : "html"] + `&turn=${Date.now()}` + (at && size !== "text" ? `#block-${at}` : "");
  fresh.classList.add("coming");
  fresh.addEventListener("load", () => {
    every("iframe", box).forEach((each) => each !== fresh && !each.classList.contains("coming") && each.remove());
    fresh.classList.remove("coming");
  }, { once: true });
  every("iframe.coming", box).forEach((each) => each.remove());
  box.append(fresh);
  box.className = `frame ${size}`;
}

function tidyLook() {
  const isReal = found("[data-look] [name=is_real]")?.value === "1";
  every("[data-made-up]").forEach((each) => { each.hidden = isReal; });
  every("[data-switch]").forEach((each) => {
    const value = new URLSearchParams(query()).get(each.dataset.switch);
    each.setAttribute("aria-pressed", String(each.dataset.switch === "is_dark" ? value === "1" : value === "0"));
  });
  every("[name=see]").forEach((each) => { each.value = query(); });
}

function lookAgain(changed) {
  const asked = new URLSearchParams(query());
  Object.entries(changed).forEach(([name, value]) => asked.set(name, value));
  flush();
  ask(() => [`${composer().dataset.address}?${asked}`, {}], (page) => {
    byId("composer-inbox").replaceWith(byId("composer-inbox", page));
    look();
  });
}

// --- acts ----------------------------------------------------------------------------------------------------------------------
let typing = 0;
let typedAt = "";

function typed(at) {
  clearTimeout(typing);
  if (typedAt !== at) flush();
  typedAt = at;
  typing = setTimeout(flush, 300);
}
function flush() {
  clearTimeout(typing);
  if (!typedAt) return;
  const at = typedAt;
  typedAt = "";
  post("change", (page) => place(page, { blocks: false }), at);
}

const summary = (number) => found(`.block[data-block="${number}"] summary`);

function act(what, after) {
  clearTimeout(typing);
  typedAt = "";
  post(what, (page) => {
    place(page, { blocks: true });
    after?.();
  });
}

function acted(what) {
  const [name, first, second] = what.split(":");
  const number = Number(first);
  const last = () => every(".block").length - 1;
  const focus = {
    up: () => found(`[value="up:${number - 1}"]:not(:disabled), [value="down:${number - 1}"]`)?.focus(),
    down: () => found(`[value="down:${number + 1}"]:not(:disabled), [value="up:${number + 1}"]`)?.focus(),
    duplicate: () => summary(number + 1)?.focus(),
    remove: () => summary(Math.min(number, last()))?.focus(),
    insert: () => (found(`.block[data-block="${number}"] .inside :is(input:not([type=hidden]), textarea, select)`) ?? summary(number))?.focus(),
    menu: () => { const menu = found(".menu-of-blocks"); menu?.scrollIntoView({ block: "center" }); found("button", menu)?.focus({ preventScroll: true }); },
    move: () => summary(Number(second))?.focus(),
  }[name];
  act(what, focus);
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) {
    // A test takes the draft along: it must not overtake what is still being typed.
    if (event.target.matches("[data-test], .readers form") && (typedAt || waiting)) {
      event.preventDefault();
      const button = event.submitter;
      flush();
      queue = queue.then(() => event.target.requestSubmit(button));
    }
    if (event.target.matches("[data-look]")) event.preventDefault();
    return;
  }
  const button = event.submitter;
  if (button?.dataset.plain !== undefined) {
    if (!typedAt && !waiting) return;
    event.preventDefault();
    const wanted = button.value.split(":")[0];
    flush();
    queue = queue.then(() => found(`#composer-bar [value^="${wanted}"]`)?.click());
    return;
  }
  event.preventDefault();
  if (!button || button.value === "change") {
    if (button?.dataset.close !== undefined) act("change", () => found(".block summary")?.focus());
    else { typedAt = typedAt || document.activeElement?.id || "form"; flush(); }
  } else acted(button.value);
});

document.addEventListener("click", (event) => {
  const show = event.target.closest("[data-show]");
  const toggle = event.target.closest("[data-switch]");
  const leads = event.target.closest("[data-to]");
  if (show) {
    size = show.dataset.show;
    every("[data-show]").forEach((each) => each.setAttribute("aria-pressed", String(each === show)));
    look();
  } else if (toggle) {
    const isOn = toggle.getAttribute("aria-pressed") === "true";
    lookAgain({ [toggle.dataset.switch]: toggle.dataset.switch === "is_dark" ? (isOn ? 0 : 1) : (isOn ? 1 : 0) });
  } else if (leads) {
    event.preventDefault();
    go(leads.dataset.to, Number(leads.dataset.toLine ?? 0));
  }
});

// To the control of a finding, and in a long text to its line.
function go(id, line) {
  const there = byId(id) ?? found(`[name="${id}"]`);
  if (!there) return;
  const leaf = there.closest("details.leaf");
  if (leaf) leaf.open = true;
  there.scrollIntoView({ block: "center" });
  there.focus({ preventScroll: true });
  if (!line || there.tagName !== "TEXTAREA") return;
  const lines = there.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  there.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  there.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(there).lineHeight));
}

document.addEventListener("input", (event) => {
  const control = event.target;
  if (control.closest("[data-look]")) {
    lookAgain({ [control.name]: control.value });
    return;
  }
  if (control.form !== form()) return;
  unfold(control);
  count(control);
  lineNumbers(control);
  anotherPair(control);
  typed(control.name);
});

document.addEventListener("toggle", (event) => {
  const block = event.target.matches?.("details.leaf") && event.target.closest(".block");
  if (block) found("[data-open]", block).value = event.target.open ? "1" : "";
}, true);

// --- controls ------------------------------------------------------------------------------------------------------------------
function unfold(control) {
  if (control.dataset.pick === undefined) return;
  const own = found("[data-own]", control.parentElement);
  own.hidden = control.value !== "own";
}

function count(control) {
  const limit = Number(control.dataset.counted);
  if (!limit) return;
  const counter = found(".counter", control.parentElement);
  const length = [...control.value.replace(/\{\{.*?\}\}|\{%.*?%\}/g, "")].length;
  counter.textContent = `${length} / ${limit} ${composer().dataset.of}`;
  counter.classList.toggle("over", length > limit);
}

function lineNumbers(control) {
  const gutter = found(`[data-gutter="${control.id}"]`);
  if (!gutter) return;
  const lines = control.value.split("\n").length;
  gutter.textContent = Array.from({ length: lines }, (_each, index) => index + 1).join("\n");
  control.rows = lines + 1;
}

function anotherPair(control) {
  const row = control.closest(".pair-row");
  if (!row || row.nextElementSibling || !control.value) return;
  const next = row.cloneNode(true);
  every("input, textarea", next).forEach((each) => { each.value = ""; each.removeAttribute("id"); });
  row.after(next);
}

function dress() {
  every("[data-pick]").forEach(unfold);
  every("[data-counted]").forEach(count);
  every(".code textarea").forEach(lineNumbers);
}

// --- keys ----------------------------------------------------------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  const block = event.target.closest?.(".block");
  if (event.altKey && !event.ctrlKey && block && ["ArrowUp", "ArrowDown"].includes(event.key)) {
    event.preventDefault();
    const number = Number(block.dataset.block);
    const to = number + (event.key === "ArrowUp" ? -1 : 1);
    const isLast = number >= every(".block").length - 1;
    if (!isLast && to >= 0 && to < every(".block").length - 1) moved(number, to, event.target);
  } else if ((event.ctrlKey || event.metaKey) && ["z", "y"].includes(event.key.toLowerCase()) && !event.target.matches?.("input, textarea")) {
    event.preventDefault();
    flush();
    act(event.shiftKey || event.key.toLowerCase() === "y" ? "redo" : "undo");
  } else if (event.key === "Escape" && found(".menu-of-blocks")) {
    const next = found(".menu-of-blocks").closest("li").nextElementSibling;
    act("change", () => summary(next.dataset.block)?.focus());
  }
});

// The control that had the focus keeps it at the new place.
function moved(number, to, control) {
  const name = control.id?.startsWith(`b${number}.`) ? control.id.replace(`b${number}.`, `b${to}.`) : "";
  act(`move:${number}:${to}`, () => {
    const there = (name && byId(name)) || summary(to);
    there?.focus();
    there?.scrollIntoView({ block: "nearest" });
  });
}

// --- dragging ------------------------------------------------------------------------------------------------------------------
let drag = null;

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || event.button > 0) return;
  event.preventDefault();
  const item = grip.closest(".block");
  drag = { item, from: Number(item.dataset.block), to: Number(item.dataset.block), y: event.clientY + scrollY, moves: false };
  grip.setPointerCapture(event.pointerId);
});

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const way = event.clientY + scrollY - drag.y;
  if (!drag.moves && Math.abs(way) < 5) return;
  if (!drag.moves) {
    drag.moves = true;
    composer().classList.add("dragging");
    drag.item.classList.add("dragged");
  }
  drag.item.style.transform = `translateY(${way}px)`;
  const others = every(".block").filter((each) => each !== drag.item).slice(0, -1);
  drag.to = others.filter((each) => { const box = each.getBoundingClientRect(); return box.top + box.height / 2 < event.clientY; }).length;
  every(".block.target, .block.target-below").forEach((each) => each.classList.remove("target", "target-below"));
  if (drag.to !== drag.from) (others[drag.to] ?? others.at(-1)).classList.add(others[drag.to] ? "target" : "target-below");
  if (event.clientY < 60) scrollBy(0, -12);
  if (event.clientY > innerHeight - 60) scrollBy(0, 12);
});

function drop(isDone) {
  if (!drag) return;
  const { item, from, to, moves } = drag;
  drag = null;
  item.style.transform = "";
  item.classList.remove("dragged");
  composer().classList.remove("dragging");
  every(".block.target, .block.target-below").forEach((each) => each.classList.remove("target", "target-below"));
  if (moves && isDone && to !== from) acted(`move:${from}:${to}`);
}

document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(false); });
document.addEventListener("click", (event) => { if (event.target.closest("[data-grip]")) event.preventDefault(); });

// --- the beginning -------------------------------------------------------------------------------------------------------------
if (composer()) {
  document.documentElement.classList.add("scripted");
  dress();
  tidyLook();
}
