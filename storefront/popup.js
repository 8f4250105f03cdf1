/** Draws what Wraca shows on a page: pop-ups, slide-ins, bars and blocks, in a shadow root of their own.
 * Every text is written as text; styles come by constructed sheets: a strict content policy needs no exception.
 * Nothing typed leaves the page before its form is sent.
 * @typedef {{block: string, text?: string, url?: string, alt?: string, code?: string, conditions?: string, lines?: Object[], more?: string,
 *   total?: string, total_label?: string, label?: string, button?: string, done?: string, consent?: string, missing?: string, channel?: string}} Block
 * @typedef {{id: string, name: string, kind: "popup"|"slide_in"|"bar"|"inline"|"card", title: string, close: string, no: string, language: string,
 *   quiet_days?: number, when?: {trigger?: string, after?: number, scroll?: number, place?: string}, blocks: Block[]}} Item
 */
const DAY = 86400000, LONGEST_NO = 3650;
let sheet = null, styled = null, shown = null, armed = false;
const placed = new Set();

/** @param {Object} kit what wraca.js lends its parts @param {{show?: Item[]}} answer @param {Object} api */
export default function show(kit, answer, api) {
  const { root } = kit, items = Array.isArray(answer && answer.show) ? answer.show.filter(usable) : [];
  styled = styled || styles(kit);
  styled.then(kit.guard(() => items.forEach((item) => {
    if (item.kind === "inline") place(kit, item);
    else if (item.kind !== "card") arm(kit, item);
  })), () => {});
  if (armed) return;
  armed = true;
  // Something was put into the cart: there may be a placement for that moment.
  const track = api.track;
  api.track = function (event) {
    track.apply(api, arguments);
    if (event === "Product Added") root.setTimeout(() => kit.decide("cart", !!shown), 1500);
  };
}

function usable(item) { return item && Array.isArray(item.blocks) && typeof item.id === "string" && typeof item.name === "string"; }

async function styles(kit) {
  const answer = await kit.root.fetch(`${kit.wish().host.replace(/\/+$/, "")}/sdk/popup.css`, { credentials: "omit" });
  if (!answer.ok) throw new Error("no styles");
  sheet = new kit.root.CSSStyleSheet();
  sheet.replaceSync(await answer.text());
}

// --- when -----------------------------------------------------------------------------------------------------------------------

/** Wait for the moment of an overlay. The first whose moment comes is shown, and no other on this page. */
function arm(kit, item) {
  const { root } = kit, doc = root.document, when = item.when || {}, after = Math.max(0, Number(when.after) || 0) * 1000;
  let timer = 0;
  const stops = [];
  const listen = (target, name, fn, options) => { target.addEventListener(name, fn, options); stops.push(() => target.removeEventListener(name, fn, options)); };
  const go = kit.guard(() => {
    stops.splice(0).forEach((stop) => stop());
    root.clearTimeout(timer);
    if (shown || kit.mode() === "none") return;
    if (typing(doc)) { timer = root.setTimeout(go, 5000); return; }
    overlay(kit, item);
  });
  if (when.trigger === "exit") {
    // The pointer leaves through the top, or on a phone somebody scrolls back up fast.
    root.setTimeout(() => {
      listen(doc, "mouseout", (event) => { if (!event.relatedTarget && event.clientY <= 0) go(); });
      let highest = root.scrollY;
      listen(root, "scroll", () => { highest = Math.max(highest, root.scrollY); if (highest > 600 && highest - root.scrollY > 500) go(); }, { passive: true });
    }, after);
  } else if (when.trigger === "idle") {
    const again = () => { root.clearTimeout(timer); timer = root.setTimeout(go, after || 30000); };
    ["pointermove", "pointerdown", "keydown", "scroll"].forEach((name) => listen(root, name, again, { passive: true }));
    again();
  } else if (when.trigger === "scroll") {
    const far = () => {
      const room = doc.documentElement.scrollHeight - root.innerHeight;
      if (room <= 0 || root.scrollY / room * 100 >= (when.scroll || 50)) go();
    };
    listen(root, "scroll", far, { passive: true });
    far();
  } else timer = root.setTimeout(go, after);
}

/** Nobody who is writing is interrupted. */
function typing(doc) { return !!doc.activeElement && /^(INPUT|TEXTAREA|SELECT)$/.test(doc.activeElement.tagName); }

// --- what -----------------------------------------------------------------------------------------------------------------------

function make(doc, tag, name, text) {
  const made = doc.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

/** Only web addresses: what is shown may not run. */
function web(url, base) {
  if (!url) return "";
  try { const to = new URL(url, base); return /^https?:$/.test(to.protocol) ? to.href : ""; } catch { return ""; }
}

function host(kit, item) {
  const doc = kit.root.document, outer = doc.createElement("wraca-panel"), shadow = outer.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [sheet];
  const panel = make(doc, "section", `panel ${item.kind}`);
  panel.lang = item.language;
  shadow.append(panel);
  return { outer, shadow, panel };
}

function tell(kit, item, what) { kit.post("/v1/shown", { id: item.id, what }).catch(() => {}); }

function overlay(kit, item) {
  const doc = kit.root.document, { outer, shadow, panel } = host(kit, item), before = doc.activeElement, modal = item.kind === "popup";
  shown = item;
  panel.setAttribute("role", modal ? "dialog" : "region");
  panel.setAttribute("aria-label", item.title || item.name);
  panel.tabIndex = -1;
  if (modal) panel.setAttribute("aria-modal", "true");
  const close = make(doc, "button", "close", "×"), no = make(doc, "button", "no", item.no), body = make(doc, "div", "body");
  close.type = no.type = "button";
  close.setAttribute("aria-label", item.close);
  const end = kit.guard((what) => {
    if (!outer.isConnected) return;
    outer.remove();
    doc.removeEventListener("keydown", keys, true);
    if (modal && before && before.focus) before.focus();
    if (what) { forbid(kit, item); tell(kit, item, what); }
  });
  const keys = kit.guard((event) => {
    if (event.key === "Escape") { event.stopPropagation(); end("closed"); }
    if (modal && event.key === "Tab") trap(shadow, panel, event);
  });
  close.addEventListener("click", () => end("closed"));
  no.addEventListener("click", () => end("refused"));
  draw(kit, item, body, () => no.remove());
  panel.append(close, body);
  if (item.kind !== "bar") body.append(no);
  if (modal) {
    const veil = make(doc, "div", "veil");
    veil.addEventListener("click", () => end("closed"));
    shadow.insertBefore(veil, panel);
  }
  // A bar and a slide-in take no focus: Esc closes them when it is inside, the reader is told by a live region.
  (modal ? doc : outer).addEventListener("keydown", keys, true);
  doc.body.append(outer);
  if (modal) panel.focus({ preventScroll: true });
  else announce(doc, shadow, item.title);
  tell(kit, item, "shown");
}

function announce(doc, shadow, title) {
  const word = make(doc, "p", "hidden");
  word.setAttribute("role", "status");
  shadow.append(word);
  word.textContent = title || "";
}

/** Keep the focus inside: a dialog that lets it wander off is lost to whoever cannot see it. */
function trap(shadow, panel, event) {
  const stops = [...panel.querySelectorAll("button, a[href], input")].filter((one) => !one.disabled && one.offsetParent !== null);
  const first = stops[0], last = stops[stops.length - 1], now = shadow.activeElement;
  if (!first) return event.preventDefault();
  if (event.shiftKey ? now === first || now === panel || !now : now === last || !now) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}

/** This browser remembers a no as long as the shop's rule says; the server remembers it for the person. */
function forbid(kit, item) {
  if (item.id.startsWith("m:")) return;
  const until = Date.now() + Math.min(LONGEST_NO, item.quiet_days || 30) * DAY;
  const others = kit.read("no").split(" ").filter((one) => one && one.split("@")[0] !== item.name);
  kit.write("no", [...others, `${item.name}@${until}`].slice(-50).join(" "));
}

/** A block stands where the page says data-wraca-place, each place once. */
function place(kit, item) {
  const doc = kit.root.document, name = (item.when && item.when.place) || "";
  const spot = [...doc.querySelectorAll("[data-wraca-place]")].find((one) => one.getAttribute("data-wraca-place") === name);
  if (!spot || placed.has(spot)) return;
  placed.add(spot);
  const { outer, panel } = host(kit, item), body = make(doc, "div", "body"), close = make(doc, "button", "close", "×");
  close.type = "button";
  close.setAttribute("aria-label", item.close);
  close.addEventListener("click", kit.guard(() => { outer.remove(); forbid(kit, item); tell(kit, item, "closed"); }));
  panel.setAttribute("aria-label", item.title || item.name);
  draw(kit, item, body, () => {});
  panel.append(close, body);
  spot.append(outer);
  tell(kit, item, "shown");
}

function draw(kit, item, body, sent) {
  const doc = kit.root.document;
  item.blocks.slice(0, 20).forEach((block) => { const made = DRAW[block.block] && DRAW[block.block](kit, doc, item, block, sent); if (made) body.append(...[].concat(made)); });
}

const DRAW = {
  heading: (kit, doc, item, block) => make(doc, "h2", "", block.text),
  text: (kit, doc, item, block) => String(block.text || "").split("\n").filter((one) => one.trim()).map((one) => make(doc, "p", "", one)),
  image: (kit, doc, item, block) => picture(kit, doc, block.url, block.alt || "", "wide"),
  offer(kit, doc, item, block) {
    const made = make(doc, "p", "offer");
    made.append(make(doc, "b", "", block.text), " ", make(doc, "code", "", block.code), " ", make(doc, "small", "", block.conditions));
    return made;
  },
  button(kit, doc, item, block) {
    const to = web(block.url, kit.root.location.href);
    if (!to) return null;
    const made = make(doc, "a", "go", block.text);
    made.href = to;
    made.addEventListener("click", kit.guard((event) => { if (event.isTrusted) tell(kit, item, "clicked"); }));
    return made;
  },
  cart(kit, doc, item, block) {
    const list = make(doc, "ul", "lines"), made = [list];
    (block.lines || []).forEach((line) => {
      const row = make(doc, "li"), what = make(doc, "span", "what", line.name), image = picture(kit, doc, line.image_url, "", "");
      what.append(" ", make(doc, "small", "", line.variant));
      if (image) { image.width = image.height = 56; row.append(image); }
      row.append(what, make(doc, "span", "count", `${line.quantity} ×`), make(doc, "span", "price", line.price));
      list.append(row);
    });
    if (block.more) made.push(make(doc, "p", "more", block.more));
    if (block.total) {
      const total = make(doc, "p", "total");
      total.append(make(doc, "span", "", block.total_label), " ", make(doc, "b", "", block.total));
      made.push(total);
    }
    return made;
  },
  form(kit, doc, item, block, sent) {
    const form = make(doc, "form"), field = make(doc, "label", "field", block.label), input = make(doc, "input"), said = make(doc, "p", "said");
    const phone = block.channel === "sms", button = make(doc, "button", "go", block.button), box = make(doc, "input");
    input.type = phone ? "tel" : "email";
    input.autocomplete = phone ? "tel" : "email";
    input.name = phone ? "tel" : "email";
    input.required = true;
    box.type = "checkbox"; // empty: nobody agrees by overlooking something
    said.setAttribute("role", "status");
    button.type = "submit";
    field.append(input);
    form.append(field);
    if (block.consent) {
      const tick = make(doc, "label", "tick");
      tick.append(box, make(doc, "span", "", block.consent));
      form.append(tick);
    }
    form.append(button, said);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const say = (words) => { said.textContent = words; };
      if (block.purpose !== "cart" && !box.checked) { say(block.missing || ""); box.setAttribute("aria-invalid", "true"); box.focus(); return; }
      button.disabled = true;
      kit.post("/v1/capture", { name: item.name, address: input.value, ticked: box.checked, language: item.language }).then((answer) => {
        button.disabled = false;
        if (!answer.success) { say("✗"); input.setAttribute("aria-invalid", "true"); input.focus(); return; }
        [...form.children].forEach((one) => { if (one !== said) one.remove(); });
        say(block.done);
        forbid(kit, item);
        sent();
      }).catch(() => { button.disabled = false; say("✗"); });
    });
    return form;
  },
};

function picture(kit, doc, url, alt, name) {
  const from = web(url, kit.root.location.href);
  if (!from) return null;
  const made = make(doc, "img", name);
  made.src = from;
  made.alt = alt;
  made.loading = "lazy";
  return made;
}
