/** Web push on the shop's pages: asks in the shop's own words first, subscribes, and keeps the subscription in order.
 * The browser's own question comes only after a press on "yes" here. Nothing is asked on a first page, over something else that is
 * shown, while somebody types, or within 90 days after a "no". Every text is written as text; styles come by a constructed sheet.
 * @typedef {{key: string, keyId: string, words: {title: string, text: string, yes: string, no: string}, language: string, version: string,
 *   fromView: number, byItself: boolean}} Invitation
 * @typedef {{views?: number, no?: number, endpoint?: string, keyId?: string, at?: number}} Kept
 */
const HOUR = 3600000, NO = 90 * 24 * HOUR, MOMENT = 800, OVERLAYS = ["popup", "slide_in", "bar"], SHELF = "wraca-push", CARD = "/wraca-push.json";
const GESTURES = ["pointerdown", "keydown"];
const CSS = `:host { all: initial; }
div { position: fixed; z-index: 2147483000; inset-block-start: 16px; inset-inline: 16px; margin-inline: auto; max-width: 420px; box-sizing: border-box; padding: 20px;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: #1d2433; background: #fff; border: 1px solid #d9d5cc; border-radius: 14px; box-shadow: 0 12px 48px rgb(0 0 0 / .22); }
h2 { margin: 0 0 6px; font-size: 18px; line-height: 1.3; overflow-wrap: anywhere; } p { margin: 0 0 16px; color: #565f70; overflow-wrap: anywhere; }
button { font: inherit; font-weight: 600; min-height: 44px; padding: 8px 18px; margin-inline-end: 8px; border-radius: 10px; border: 1px solid #1f6f5c; background: #fff; color: #1f6f5c; cursor: pointer; }
button.yes { background: #1f6f5c; color: #fff; } button:focus-visible, div:focus-visible { outline: 3px solid #1f6f5c; outline-offset: 2px; }
@media (prefers-color-scheme: dark) { @supports (color: light-dark(#000, #fff)) { :host { color-scheme: inherit; }
  div { color: light-dark(#1d2433, #eceef3); background: light-dark(#fff, #1e222b); border-color: light-dark(#d9d5cc, #3d4452); } p { color: light-dark(#565f70, #b0b7c5); }
  button { color: light-dark(#1f6f5c, #74cdb6); background: light-dark(#fff, #1e222b); border-color: light-dark(#1f6f5c, #74cdb6); }
  button.yes { background: light-dark(#1f6f5c, #74cdb6); color: light-dark(#fff, #0d1512); } } }`;
let started = false;

/** @param {Object} kit what wraca.js lends its parts @param {{show?: Object[]}} answer @param {Object} api */
export default function begin(kit, answer, api) {
  if (started) return;
  started = true;
  new Push(kit, api).start(!!(answer && Array.isArray(answer.show) && answer.show.some((one) => OVERLAYS.includes(one.kind))));
}

class Push {
  constructor(kit, api) {
    const wish = kit.wish().push || {};
    this.kit = kit;
    this.api = api;
    this.root = kit.root;
    this.nav = kit.root.navigator;
    this.worker = String(wish.worker || "/wraca-sw.js");
    this.scope = wish.scope ? String(wish.scope) : undefined;
    this.host = String(kit.wish().host).replace(/\/+$/, "");
    this.open = null;
  }

  /** Browsers without it, pages that are not safe, and iPhones where the shop is not installed, have nothing to ask for. */
  get works() { return !!(this.root.isSecureContext && this.nav.serviceWorker && this.root.PushManager && this.root.Notification && this.root.caches); }

  async start(isCovered) {
    this.api.notifications = { ask: () => this.ask(), off: () => this.off(), state: () => this.state() };
    this.root.document.dispatchEvent(new this.root.CustomEvent("wraca:notifications"));
    if (!this.works) return;
    // Whoever takes back that anything is stored here takes this back with it.
    const setConsent = this.api.setConsent;
    this.api.setConsent = (mode) => { setConsent(mode); if (mode === "none") this.off().catch(() => {}); };
    try {
      const kept = this.kept(), found = await this.found(), last = await this.last();
      this.keep({ ...kept, views: (kept.views || 0) + 1 });
      if (found) await this.mend(found, last);
      else if (last) await this.lost(last);
      else if (!isCovered) await this.consider();
    } catch (e) { /* the shop goes on */ }
  }

  // --- what is kept ---------------------------------------------------------------------------------------------------------------

  /** @returns {Kept} */
  kept() { try { return JSON.parse(this.kit.read("push")) || {}; } catch (e) { return {}; } }
  /** @param {Kept} now */
  keep(now) { this.kit.write("push", JSON.stringify(now)); }

  /** @returns {Promise<string>} the endpoint that Wraca knows; the worker may have changed it meanwhile */
  async last() {
    const found = await this.root.caches.match(CARD);
    return found ? String((await found.json()).endpoint || "") : this.kept().endpoint || "";
  }

  async registered() { return this.nav.serviceWorker.getRegistration(this.scope || this.worker); }

  /** @returns {Promise<?PushSubscription>} the one that this browser has, if it may still be used */
  async found() {
    const place = await this.registered();
    const sub = place && place.pushManager ? await place.pushManager.getSubscription() : null;
    return sub && this.root.Notification.permission === "granted" ? sub : null;
  }

  /** @returns {Promise<?Invitation>} */
  async invitation() {
    const said = await this.kit.post("/v1/push", { act: "ask", language: this.language() });
    return said && said.success && said.words ? said : null;
  }

  language() { return this.root.document.documentElement.lang || this.nav.language || ""; }

  // --- a subscription that is there -------------------------------------------------------------------------------------------------

  /** Once an hour at most: the shop may have a new key, the browser a new visitor. */
  async mend(sub, last) {
    const fresh = this.root.Date.now() - (this.kept().at || 0) < HOUR;
    if (fresh && last === sub.endpoint) return;
    const invitation = await this.invitation();
    if (!invitation) return;
    const old = last || sub.endpoint;
    if (!isKey(sub, invitation.key)) {
      if (last !== sub.endpoint) return; // made with a key that was never ours: somebody else's
      const place = await this.registered();
      await sub.unsubscribe();
      sub = await subscribe(place, invitation.key);
    }
    const said = await this.kit.post("/v1/push", { act: "renew", subscription: sub.toJSON(), keyId: invitation.keyId, old });
    if (said.success) return this.remember(sub, invitation);
    if (said.code === "unknown" && last) { await sub.unsubscribe(); await this.forget(); } // they said no elsewhere
  }

  /** Taken back in the browser's own settings. */
  async lost(endpoint) {
    await this.kit.post("/v1/push", { act: "leave", subscription: { endpoint } });
    await this.forget();
  }

  async remember(sub, invitation) {
    const now = this.root.Date.now(), said = JSON.parse(this.kit.sign({}));
    this.keep({ ...this.kept(), no: 0, endpoint: sub.endpoint, keyId: invitation.keyId, at: now });
    const told = { host: this.host, writeKey: said.writeKey, anonymousId: said.anonymousId, key: invitation.key, keyId: invitation.keyId, endpoint: sub.endpoint };
    await (await this.root.caches.open(SHELF)).put(CARD, new this.root.Response(JSON.stringify(told)));
  }

  async forget() {
    const kept = this.kept();
    this.keep({ views: kept.views, no: this.root.Date.now() });
    await this.root.caches.delete(SHELF);
  }

  // --- asking -----------------------------------------------------------------------------------------------------------------------

  async consider() {
    const kept = this.kept();
    if (this.kit.mode() !== "consented" || this.root.Notification.permission !== "default") return;
    if ((kept.views || 0) < 2 || this.root.Date.now() - (kept.no || 0) < NO) return;
    const invitation = await this.invitation();
    if (!invitation || !invitation.byItself || kept.views < invitation.fromView || !await this.hasWorker()) return;
    const doc = this.root.document;
    const onGesture = this.kit.guard((event) => {
      if (!event.isTrusted) return;
      GESTURES.forEach((name) => doc.removeEventListener(name, onGesture, true));
      this.root.setTimeout(this.kit.guard(() => this.when(invitation)), MOMENT);
    });
    GESTURES.forEach((name) => doc.addEventListener(name, onGesture, true));
  }

  /** Nobody is asked in vain: the browser may be asked only once. */
  async hasWorker() {
    if (await this.registered()) return true;
    const found = await this.root.fetch(this.worker, { credentials: "same-origin", cache: "no-cache" });
    return found.ok && /javascript/.test(found.headers.get("content-type") || "");
  }

  when(invitation) {
    const at = this.root.document.activeElement;
    if (at && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) this.root.setTimeout(this.kit.guard(() => this.when(invitation)), 5000);
    else if (!this.open && this.kit.mode() === "consented") this.show(invitation);
  }

  /** @param {Invitation} invitation @param {boolean=} isWished pressed for: then the keyboard is led here @returns {Promise<string>} "on", "no", "denied", or "failed" */
  show(invitation, isWished) {
    const doc = this.root.document, host = doc.createElement("wraca-notifications"), shadow = host.attachShadow({ mode: "open" });
    const sheet = new this.root.CSSStyleSheet(), panel = doc.createElement("div");
    sheet.replaceSync(CSS);
    shadow.adoptedStyleSheets = [sheet];
    const make = (tag, text) => { const made = doc.createElement(tag); made.textContent = text; panel.append(made); return made; };
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-labelledby", "title");
    panel.setAttribute("aria-describedby", "text");
    panel.lang = invitation.language;
    make("h2", invitation.words.title).id = "title";
    make("p", invitation.words.text).id = "text";
    const yes = make("button", invitation.words.yes), no = make("button", invitation.words.no);
    yes.className = "yes";
    shadow.append(panel);
    doc.body.append(host);
    this.open = host;
    return new Promise((done) => {
      if (isWished) { panel.tabIndex = -1; panel.focus(); }
      const close = (result) => { host.remove(); this.open = null; done(result); };
      const refuse = () => { this.keep({ ...this.kept(), no: this.root.Date.now() }); close("no"); };
      no.addEventListener("click", refuse);
      panel.addEventListener("keydown", (event) => { if (event.key === "Escape") refuse(); });
      yes.addEventListener("click", (event) => {
        if (!event.isTrusted) return;
        // Straight from the press: browsers ask only then.
        const asked = this.root.Notification.requestPermission();
        yes.disabled = no.disabled = true;
        asked.then((said) => this.answered(said, invitation)).then(close, () => close("failed"));
      });
    });
  }

  async answered(said, invitation) {
    if (said !== "granted") {
      this.keep({ ...this.kept(), no: this.root.Date.now() });
      return said === "denied" ? "denied" : "no";
    }
    const sub = await subscribe(await this.place(), invitation.key);
    const fields = { act: "subscribe", language: invitation.language, version: invitation.version, keyId: invitation.keyId, subscription: sub.toJSON() };
    const taken = await this.kit.post("/v1/push", fields);
    if (!taken.success) { await sub.unsubscribe(); return "failed"; }
    await this.remember(sub, invitation);
    return "on";
  }

  /** The worker's registration, once it is at work. */
  async place() {
    const found = await this.registered() || await this.nav.serviceWorker.register(this.worker, this.scope ? { scope: this.scope } : {});
    const coming = found.active ? null : found.installing || found.waiting;
    if (coming) await new Promise((done, fail) => {
      const look = () => { if (coming.state === "activated") done(); else if (coming.state === "redundant") fail(new Error("worker")); };
      coming.addEventListener("statechange", look);
      look();
    });
    return found;
  }

  // --- what the shop calls ----------------------------------------------------------------------------------------------------------

  /** From a button of the shop's own: whoever presses it wants to be asked, whatever they said before. */
  async ask() {
    if (!this.works || this.root.Notification.permission === "denied" || this.kit.mode() === "none") return this.state();
    if (this.open || await this.found()) return this.state();
    const invitation = await this.invitation();
    return invitation && await this.hasWorker() ? this.show(invitation, true) : "failed";
  }

  async off() {
    const sub = this.works ? await this.found() : null;
    if (!sub) return false;
    await this.kit.post("/v1/push", { act: "leave", subscription: { endpoint: sub.endpoint } });
    await sub.unsubscribe();
    await this.forget();
    return true;
  }

  async state() {
    if (!this.works) return "unsupported";
    if (this.root.Notification.permission === "denied") return "denied";
    return await this.found() ? "on" : "off";
  }
}

function subscribe(place, key) { return place.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }); }

/** @param {string} text URL-safe base64 */
function bytes(text) {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (sign) => sign.charCodeAt(0));
}

function isKey(sub, key) {
  const used = sub.options && sub.options.applicationServerKey;
  if (!used) return true; // an old browser does not say
  const mine = bytes(key), theirs = new Uint8Array(used);
  return mine.length === theirs.length && mine.every((one, place) => one === theirs[place]);
}
