// The editor of journeys: the page works without this file. With it, every edit is sent at once and the parts that changed are put in place.
const desk = () => document.getElementById("editor");
const found = (selector, inside = document) => inside.querySelector(selector);
const every = (selector, inside = document) => [...inside.querySelectorAll(selector)];
const PARTS = ["editor-bar", "editor-state", "editor-faults", "editor-tree"];

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
      if (!found("#editor", page)) location.assign(answer.url);
      else then(page);
    } catch {
      found("#editor-state").textContent = desk().dataset.lost;
    } finally {
      waiting -= 1;
    }
  });
}

function post(fields, then) {
  ask(() => {
    const body = fields instanceof FormData ? fields : new FormData();
    if (!(fields instanceof FormData)) Object.entries(fields).forEach(([name, value]) => body.set(name, value));
    body.set("turn", desk().dataset.turn);
    body.set("csrfmiddlewaretoken", found("#editor-bar [name=csrfmiddlewaretoken]").value);
    return [desk().dataset.address, { method: "POST", body }];
  }, then);
}

// --- putting the answer in place ----------------------------------------------------------------------------------------------
function place(page, keepForm) {
  const focused = remembered(document.activeElement);
  const fresh = found("#editor", page);
  PARTS.forEach((id) => document.getElementById(id).replaceWith(found(`#${id}`, page)));
  Object.assign(desk().dataset, fresh.dataset);
  notices(page);
  if (keepForm) mergePanel(found("#editor-panel", page));
  else {
    document.getElementById("editor-panel").replaceWith(found("#editor-panel", page));
    every("datalist", desk()).forEach((list) => list.remove());
    every("datalist", fresh).forEach((list) => desk().append(list));
    every(".condition").forEach(tidyCondition);
  }
  history.replaceState(null, "", desk().dataset.here);
  roving();
  if (focused && !document.contains(document.activeElement.closest("#editor"))) found(focused)?.focus();
}

function notices(page) {
  every("#main > .notice, #main > .notices").forEach((each) => each.remove());
  every("#main > .notice, #main > .notices", page).reverse().forEach((each) => found("#main").prepend(each));
}

function remembered(element) {
  if (element?.dataset?.pick) return `[data-pick="${element.dataset.pick}"]`;
  if (element?.dataset?.add) return `[data-add="${element.dataset.add}"]`;
  return element?.dataset?.act ? `[data-act="${element.dataset.act}"]` : "";
}

function mergePanel(fresh) {
  const panel = found("#editor-panel");
  every("[data-at]", fresh).forEach((field) => {
    const mine = found(`[data-at="${field.dataset.at}"]`, panel);
    if (!mine) return;
    mine.classList.toggle("wrong", field.classList.contains("wrong"));
    const id = `#${CSS.escape(`e-${field.dataset.at}`)}`;
    found(id, mine)?.replaceWith(found(id, field));
    every("input, select, textarea", mine).filter((each) => each.closest("[data-at]") === mine).forEach((each) => {
      if (field.classList.contains("wrong")) each.setAttribute("aria-invalid", "true");
      else each.removeAttribute("aria-invalid");
    });
  });
  const [loose, news] = [found("[data-loose]", panel), found("[data-loose]", fresh)];
  if (loose && news) loose.innerHTML = news.innerHTML;
  every("[data-condition]", fresh).forEach((condition) => {
    const mine = found(`[data-condition="${condition.dataset.condition}"]`, panel);
    if (!mine) return;
    every("[data-side]", condition).forEach((side) => {
      const old = found(`[data-side="${side.dataset.side}"]`, mine);
      if (!old.contains(document.activeElement)) old.replaceWith(side);
    });
    tidyCondition(mine);
  });
}

function focusPanel() {
  const panel = found("#editor-panel");
  if (matchMedia("(max-width: 60rem)").matches) panel.scrollIntoView({ block: "start" });
  (found("form[data-typing] :is(input:not([type=hidden]), select, textarea):not([tabindex])", panel) ?? found(".kind-button", panel) ?? found("h2", panel)).focus();
}

function focusChosen(page) {
  const chosen = found("#editor-tree [aria-current=true]") ?? found("#editor-tree .pick");
  chosen?.focus();
  return page;
}

// --- acts ---------------------------------------------------------------------------------------------------------------------
const open = (address, after) => ask(() => [address, {}], (page) => { place(page, false); after?.(); });
const edit = (fields, after = focusChosen) => { flush(); post(fields, (page) => { place(page, false); after(page); }); };

let typing = 0;
function typed(form) {
  clearTimeout(typing);
  typing = setTimeout(() => send(form), 350);
}
function flush() {
  const form = found("form[data-typing]");
  if (typing && form) send(form);
}
function send(form) {
  clearTimeout(typing);
  typing = 0;
  if (!document.contains(form)) return;
  const fields = new FormData(form);
  fields.set("act", "change");
  post(fields, (page) => place(page, true));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.closest("#editor")) return;
  const button = event.submitter;
  if (button?.dataset.plain !== undefined) {
    // A save must not overtake what is still being typed.
    if (!typing && !waiting) return;
    event.preventDefault();
    flush();
    queue = queue.then(() => found(`#editor-bar [value="${button.value}"]`)?.click());
    return;
  }
  event.preventDefault();
  if (button?.dataset.sure !== undefined && !confirm(desk().dataset.really)) return;
  const fields = new FormData(form, button);
  if (form.matches("[data-typing]") && fields.get("act") === "change") {
    send(form);
    return;
  }
  clearTimeout(typing);
  typing = 0;
  const [act, chosen] = [String(fields.get("act")), button?.dataset.act];
  const keepsPlace = act.includes("arm") || act === "insert";
  const again = act === "up" || act === "down" ? `.deeds [value="${act}"]` : chosen ? `[data-act="${chosen}"]` : "";
  edit(fields, () => (keepsPlace ? focusPanel() : again ? found(again)?.focus() : focusChosen()));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#editor [data-pick], #editor [data-add]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    flush();
    open(link.href, focusPanel);
  } else if (event.target.closest("[data-to-tree]")) {
    event.preventDefault();
    found("#editor-tree").scrollIntoView({ block: "nearest" });
    focusChosen();
  } else if (event.target.closest("[data-drop-row]")) {
    const condition = event.target.closest(".condition");
    event.target.closest("[data-row]").remove();
    touched(condition, "rows");
    found("select", condition).focus();
  } else {
    const box = event.target.closest("#editor-tree .box");
    if (box && !event.target.closest("[data-grip]")) found(".pick", box).click();
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-typing]");
  if (!form) return;
  const condition = event.target.closest(".condition");
  if (condition) touched(condition, event.target.closest("[data-side]").dataset.side);
  unfold(event.target);
  typed(form);
});

// What belongs to another answer is out of sight, and its list of fields comes with the choice.
function unfold(control) {
  const choice = control.type === "radio" && control.closest("[data-one-of]");
  if (choice) every(":scope > .behind", choice).forEach((each) => { each.hidden = each.dataset.option !== control.value; });
  const flag = control.type === "checkbox" && control.closest("[data-flag]");
  if (flag && control.closest("[data-at]") === flag.parentElement) every(":scope > .behind", flag).forEach((each) => { each.hidden = !control.checked; });
}

// --- conditions ---------------------------------------------------------------------------------------------------------------
function touched(condition, side) {
  found(":scope > [name$='.side']", condition).value = side;
  if (side === "rows") tidyCondition(condition);
  typed(condition.closest("form"));
}

function tidyCondition(condition) {
  const rows = every("[data-row]", condition);
  const last = rows.at(-1);
  if (last && found("select", last).value) {
    const next = last.cloneNode(true);
    every("select", next)[0].value = "";
    found("input", next).value = "";
    last.after(next);
  }
  const filled = every("[data-row]", condition);
  filled.forEach((row) => {
    const [what, how] = every("select", row);
    const kind = what.selectedOptions[0]?.dataset.kind ?? "";
    every("option", how).forEach((option) => { option.hidden = option.disabled = Boolean(kind) && !option.dataset.kinds.split(" ").includes(kind); });
    if (how.selectedOptions[0]?.disabled) how.value = every("option", how).find((option) => !option.disabled).value;
    const value = found("input", row);
    value.hidden = !what.value || ["yes", "no", "known", "unknown"].includes(how.value);
    how.hidden = !what.value;
    value.setAttribute("list", `v-${what.value.startsWith("message.") ? "message.reaction" : what.value}`);
    found("[data-drop-row]", row).hidden = !what.value;
  });
  const join = found(".join", condition);
  if (join) join.hidden = filled.filter((row) => found("select", row).value).length < 2;
}

// --- keys ---------------------------------------------------------------------------------------------------------------------
const picks = () => every("#editor-tree .pick");

// One step of the tree is in the order of Tab, the others are an arrow away.
function roving() {
  const current = picks().find((each) => each.hasAttribute("aria-current")) ?? picks()[0];
  picks().forEach((each) => { each.tabIndex = each === current ? 0 : -1; });
}

function step(pick, by) {
  const list = picks();
  const next = list[list.indexOf(pick) + by];
  if (!next) return;
  list.forEach((each) => { each.tabIndex = each === next ? 0 : -1; });
  next.focus();
}

function onPick(event, pick) {
  const path = pick.dataset.pick;
  const isStep = path !== "journey";
  const up = event.key === "ArrowUp";
  if (up || event.key === "ArrowDown") {
    if (!event.altKey) step(pick, up ? -1 : 1);
    else if (isStep) edit({ act: up ? "up" : "down", at: path });
  } else if (event.key === "Home" || event.key === "End") step(pick, (event.key === "Home" ? -1 : 1) * (event.key === "Home" ? picks().indexOf(pick) : picks().length - 1 - picks().indexOf(pick)));
  else if (event.key === "Delete" && isStep) {
    if (!found(":scope > .ways", pick.closest("li")) || confirm(desk().dataset.really)) edit({ act: "remove", at: path });
  } else if (event.key === "+" || event.key === "Insert") open(`${desk().dataset.address}?add=${below(path)}`, focusPanel);
  else return;
  event.preventDefault();
}

function below(path) {
  if (path === "journey") return "steps.0";
  const parts = path.split(".");
  return [...parts.slice(0, -1), Number(parts.at(-1)) + 1].join(".");
}

document.addEventListener("keydown", (event) => {
  if (!desk() || event.target.closest?.("details.menu")) return;
  const pick = event.target.closest?.("#editor-tree .pick");
  const isText = event.target.matches?.("input, textarea, select");
  if ((event.ctrlKey || event.metaKey) && !event.altKey && ["z", "y"].includes(event.key.toLowerCase()) && !event.target.matches?.("textarea")) {
    event.preventDefault();
    const isRedo = event.shiftKey || event.key.toLowerCase() === "y";
    flush();
    post({ act: isRedo ? "redo" : "undo", at: found("#editor-bar [name=at]").value }, (page) => { place(page, false); (isText ? focusPanel : focusChosen)(); });
  } else if (pick && !event.ctrlKey && !event.metaKey) onPick(event, pick);
  else if (event.key === "Escape" && event.target.closest?.("#editor-panel")) {
    flush();
    focusChosen();
  }
});

// --- dragging -----------------------------------------------------------------------------------------------------------------
let drag = null;

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip || event.button > 0) return;
  event.preventDefault();
  drag = { path: grip.dataset.grip, item: grip.closest("li"), box: grip.closest(".box"), x: event.clientX, y: event.clientY, target: null, moves: false };
  grip.setPointerCapture(event.pointerId);
});

// Else the browser would begin to mark text, or to drag the words themselves.
document.addEventListener("mousedown", (event) => { if (event.target.closest("[data-grip]")) event.preventDefault(); });

document.addEventListener("pointermove", (event) => {
  if (!drag) return;
  if (!drag.moves && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < 5) return;
  if (!drag.moves) {
    drag.moves = true;
    drag.item.classList.add("dragged");
    desk().classList.add("dragging");
  }
  drag.box.style.transform = `translate(${event.clientX - drag.x}px, ${event.clientY - drag.y}px)`;
  const nearest = nearestGap(event.clientX, event.clientY);
  if (nearest !== drag.target) {
    drag.target?.classList.remove("target");
    nearest?.classList.add("target");
    drag.target = nearest;
  }
  if (event.clientY < 60) scrollBy(0, -12);
  if (event.clientY > innerHeight - 60) scrollBy(0, 12);
});

function nearestGap(x, y) {
  let best = null;
  let least = 90;
  every("#editor-tree .gap").forEach((gap) => {
    if (drag.item.contains(gap) && !isOwn(gap)) return;
    const box = gap.getBoundingClientRect();
    const distance = Math.hypot(Math.max(box.left - x, 0, x - box.right), box.top + box.height / 2 - y);
    if (distance < least) [best, least] = [gap, distance];
  });
  return best && !isOwn(best) ? best : null;
}

// The places right before and after a step are where it stands already.
const isOwn = (gap) => gap.dataset.gap === drag.path || gap.dataset.gap === below(drag.path);

function drop(isDone) {
  if (!drag) return;
  const { path, target, item, box } = drag;
  drag = null;
  box.style.transform = "";
  item.classList.remove("dragged");
  desk().classList.remove("dragging");
  target?.classList.remove("target");
  if (isDone && target) edit({ act: "move", at: path, to: target.dataset.gap });
}

document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(false); });

// --- the beginning ------------------------------------------------------------------------------------------------------------
document.documentElement.classList.add("scripted");
every(".condition").forEach(tidyCondition);
roving();
