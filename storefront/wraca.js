/* wraca.js 0.1.0 - Apache-2.0. Tells a Wraca server what happens in the shop, and puts a saved cart back.
 * Speaks the Segment HTTP API. Never throws into the shop, stores and sends nothing before consent.
 */
(function (root) {
  "use strict";
  /**
   * @typedef {"none"|"necessary"|"consented"} Mode none: no storage, no request; necessary: this tab's session only; consented: kept
   * @typedef {{product_id: string, variant: string, quantity: number, name: string, price: *, image_url: string, url: string}} Line
   * @typedef {{lines: Line[], currency: string, coupon: string, stage: "cart"|"contact"|"shipping"|"payment"}} Restored
   * @typedef {{host: string, consent?: Mode, signals?: boolean, show?: boolean, ga4?: boolean, analytics?: boolean, spa?: boolean}} Options
   *   show: false: no pop-ups. The others load adapters.js: Consent Mode and TCF, GA4's dataLayer, Segment's calls, page changes.
   */
  if (root.wraca && root.wraca.load) return; // included twice
  var doc = root.document;
  /** @type {*} */ var nav = root.navigator || {};
  var BUDGET = 2000, PAUSE = 250, SLOWEST = 60000, MOST = 200, CHARS = 20000, DWELL = 3000;
  var MODES = ["none", "necessary", "consented"], STAGES = ["cart", "contact", "shipping", "payment"];
  var INPUTS = ["pointerdown", "keydown", "touchstart", "wheel"];
  var NOTHING = function () { /* the shop goes on */ };
  var key = "", host = "", mode = "none", off = false, loaded = false;
  var anonymous = "", user = "", hit = "", token = "";
  /** @type {Object[]} */ var queue = [];
  /** @type {Array<[string, IArguments]>} */ var early = [];
  /** @type {?Restored} */ var restored = null, failure = "";
  /** @type {?function(Restored): void} */ var whenRestored = null;
  /** @type {?function(string): void} */ var whenFailed = null;
  /** @type {Options} */ var wish = { host: "" };
  var allowed = 0, cap = 2, asked = false;
  var timer = 0, dwell = 0, tries = 0, sending = false, watching = false;

  /** A UUID of version 7: time first, so that the server's index stays narrow. */
  function uuid() {
    var b = root.crypto.getRandomValues(new Uint8Array(16)), t = Date.now(), s = "";
    for (var i = 5; i >= 0; i--) { b[i] = t % 256; t = Math.floor(t / 256); }
    b[6] = b[6] & 15 | 112;
    b[8] = b[8] & 63 | 128;
    for (i = 0; i < 16; i++) s += (b[i] + 256).toString(16).slice(1) + (i === 3 || i === 5 || i === 7 || i === 9 ? "-" : "");
    return s;
  }

  // --- storage: a browser may refuse it (private windows, quota), so every access is guarded ---------------------------------

  function store(kept) { return kept ? root.localStorage : root.sessionStorage; }
  function read(name, kept) { try { return store(kept).getItem("wraca." + name) || ""; } catch (e) { return ""; } }
  function write(name, value, kept) {
    try { value ? store(kept).setItem("wraca." + name, value) : store(kept).removeItem("wraca." + name); } catch (e) { /* refused */ }
  }
  function forget(kept) { ["id", "user", "queue", "hit", "no", "chat", "push"].forEach(function (name) { write(name, "", kept); }); }

  /** The unsent events live in the tab's session only: they may hold an address and must not outlive it. */
  function keepQueue() { if (mode !== "none") write("queue", queue.length ? JSON.stringify(queue) : "", false); }

  function remember() {
    if (mode === "none") return;
    var all = kept();
    anonymous = anonymous || read("id", true) || read("id", false) || uuid();
    user = user || read("user", true) || read("user", false);
    hit = hit || read("hit", false);
    if (!all) forget(true);
    write("id", anonymous, all);
    write("user", user, all);
    write("hit", hit, false);
  }

  // --- events out -----------------------------------------------------------------------------------------------------------

  /** Where we are, without the query: shops put addresses and tokens there. Campaign names are kept. */
  function context() {
    var at = root.location, campaign = {};
    /** @type {Object<string, *>} */ var c;
    new URLSearchParams(at.search).forEach(function (value, name) {
      if (name.indexOf("utm_") === 0) campaign[name === "utm_campaign" ? "name" : name.slice(4)] = value;
    });
    c = { library: { name: "wraca.js", version: "0.1.0" }, page: { url: at.origin + at.pathname, path: at.pathname, title: doc.title },
      locale: nav.language };
    try { c.timezone = Intl.DateTimeFormat().resolvedOptions().timeZone; } catch (e) { /* an old browser */ }
    if (Object.keys(campaign).length) c.campaign = campaign;
    return c;
  }

  function enqueue(type, fields) {
    if (mode === "none" || off) return;
    /** @type {Object<string, *>} */
    var event = { type: type, messageId: uuid(), anonymousId: anonymous, context: context(), timestamp: new Date().toISOString() };
    if (user) event.userId = user;
    for (var name in fields) if (name === "proof") event.context.wraca = { proof: fields[name] }; else event[name] = fields[name];
    // What the shop hands over may be circular or huge: then this one event is dropped, never the queue.
    var text = JSON.stringify(event);
    if (text.length > CHARS) return;
    queue.push(JSON.parse(text));
    if (queue.length > MOST) queue.shift();
    keepQueue();
    later(PAUSE);
  }

  function later(wait) { if (!timer && !off) timer = root.setTimeout(function () { timer = 0; guard(flush)(); }, wait); }

  /** The first events that fit one request: browsers refuse `keepalive` and beacons above 64 kB. */
  function batch() {
    var size = 0, n = 0;
    while (n < queue.length && n < 50 && (size += JSON.stringify(queue[n]).length) <= CHARS) n++;
    return queue.slice(0, n);
  }

  function body(events) { return JSON.stringify({ batch: events, sentAt: new Date().toISOString(), writeKey: key }); }

  /** A request that gives up after the budget, so that a slow server holds nothing in the shop. */
  function ask(path, options) {
    var stop = new AbortController(), clock = root.setTimeout(function () { stop.abort(); }, BUDGET);
    options.signal = stop.signal;
    options.credentials = "omit";
    options.referrerPolicy = "origin";
    function done(answer) { root.clearTimeout(clock); return answer; }
    return root.fetch(host + path, options).then(done, function (e) { done(); throw e; });
  }

  /** Send what waits. The key goes in a text/plain body: no preflight request, and the same shape as a beacon. */
  function flush() {
    if (sending || !loaded || mode === "none" || off || !queue.length) return;
    var events = batch();
    sending = true;
    ask("/v1/batch", { method: "POST", keepalive: true, headers: { "content-type": "text/plain" }, body: body(events) }).then(function (answer) {
      // 410 is the server's kill switch; any other 4xx will not get better by repeating.
      if (answer.status === 410) off = true;
      settle(events, answer.ok || answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408,
        Number(answer.headers && answer.headers.get("retry-after")) * 1000);
    }).catch(function () { settle(events, false, 0); });
  }

  function settle(events, finished, wait) {
    sending = false;
    if (finished) {
      tries = 0;
      queue = queue.filter(function (event) { return events.indexOf(event) < 0; });
      keepQueue();
      if (queue.length) later(PAUSE);
    } else later(Math.min(SLOWEST, Math.max(wait || 0, 1000 * Math.pow(2, tries++)) * (1 + Math.random() / 4)));
  }

  /** The page goes away: a beacon now, and the events stay stored until a request is answered (the server drops repeats). */
  function leave() {
    if (loaded && mode !== "none" && !off && queue.length && nav.sendBeacon) {
      nav.sendBeacon(host + "/v1/batch", new Blob([body(batch())], { type: "text/plain" }));
    }
  }

  // --- what is shown on this page ------------------------------------------------------------------------------------------------

  function kept() { return mode === "consented"; }
  function sign(fields) { return JSON.stringify(Object.assign({ writeKey: key, anonymousId: anonymous, page: context().page }, fields)); }
  function post(path, fields) {
    return ask(path, { method: "POST", headers: { "content-type": "text/plain" }, body: sign(fields) }).then(function (answer) {
      if (answer.status === 410) off = true;
      return answer.json();
    });
  }

  /** What parts may use. */
  var kit = {
    post: post, sign: sign, guard: guard, decide: decide, root: root,
    wish: function () { return wish; }, mode: function () { return mode; }, cap: function (level) { cap = level; weigh(); },
    read: function (name) { return read(name, kept()); },
    write: function (name, value) { if (mode !== "none") write(name, value, kept()); }
  };

  function part(name, answer) {
    import(host + "/sdk/" + name + ".js").then(function (loaded) { loaded.default(kit, answer, api); }).catch(NOTHING);
  }

  /** @param {"load"|"cart"} trigger @param {boolean=} showing */
  function decide(trigger, showing) {
    if (mode === "none" || off || wish.show === false) return;
    post("/v1/decide", {
      trigger: trigger, showing: !!showing, refused: kit.read("no").split(" ").filter(Boolean),
      language: doc.documentElement && doc.documentElement.lang || nav.language || "", device: root.innerWidth < 700 ? "phone" : "desktop"
    }).then(function (answer) {
      if (mode !== "none" && Array.isArray(answer.load)) answer.load.forEach(function (name) { part(name, answer); });
    }).catch(NOTHING);
  }

  /** The lower of what the shop set and what a banner was told. */
  function weigh() { var now = MODES[Math.min(allowed, cap)]; if (now !== mode) setMode(now); }

  // --- a message's link ------------------------------------------------------------------------------------------------------

  /** Take the link's parameters out of the address bar, before anybody copies, shares or measures that address. */
  function arrive() {
    var at = root.location, query = new URLSearchParams(at.search);
    token = query.get("wraca_restore") || "";
    hit = query.get("wraca_hit") || "";
    if (!query.has("wraca_restore") && !query.has("wraca_hit")) return;
    query.delete("wraca_restore");
    query.delete("wraca_hit");
    var rest = query.toString();
    root.history.replaceState(root.history.state, "", at.pathname + (rest ? "?" + rest : "") + at.hash);
  }

  /** @returns {?Restored} only what a shop may rely on; anything else in the answer is left out */
  function cartOf(answer) {
    if (!answer || !Array.isArray(answer.lines)) return null;
    var text = function (value) { return typeof value === "string" || typeof value === "number" ? String(value) : ""; };
    var lines = answer.lines.slice(0, MOST).filter(function (line) {
      return line && text(line.product_id) && Number.isInteger(line.quantity) && line.quantity > 0 && line.quantity < 1000;
    }).map(function (line) {
      return { product_id: text(line.product_id), variant: text(line.variant), quantity: line.quantity, name: text(line.name),
        price: line.price, image_url: text(line.image_url), url: text(line.url) };
    });
    var stage = STAGES.indexOf(answer.stage) < 0 ? "cart" : answer.stage;
    return { lines: lines, currency: text(answer.currency), coupon: text(answer.coupon), stage: stage };
  }

  function restore(attempt) {
    ask("/v1/restore/" + encodeURIComponent(token), {}).then(function (answer) {
      if (answer.status >= 500 || answer.status === 429) throw 0;
      if (!answer.ok) return tell(null, "expired");
      return answer.json().then(function (found) { var cart = cartOf(found); if (!cart) throw 0; tell(cart, ""); });
    }).catch(function () {
      if (attempt > 1) tell(null, "unreachable"); else root.setTimeout(guard(function () { restore(attempt + 1); }), 500 * (attempt + 1));
    });
  }

  function tell(cart, why) {
    restored = cart || restored;
    failure = why;
    hand();
  }

  function hand() {
    var cart = restored, why = failure;
    // In turns of their own, so that a fault in the shop's code shows as the shop's and repeats no request of ours.
    if (cart && whenRestored) { restored = null; root.setTimeout(whenRestored, 0, cart); }
    if (why && whenFailed) { failure = ""; root.setTimeout(whenFailed, 0, why); }
  }

  /** A link scanner loads a page and goes; a person looks at it for three seconds, or touches it. */
  function land(event) {
    if (event && event.isTrusted === false || !hit || mode === "none") return;
    var landed = hit;
    hit = "";
    write("hit", "", false);
    INPUTS.forEach(function (name) { root.removeEventListener(name, onInput, true); });
    enqueue("track", { event: "Message Landed", properties: { hit: landed } });
  }

  function look() {
    root.clearTimeout(dwell);
    if (hit && doc.visibilityState === "visible") dwell = root.setTimeout(guard(land), DWELL);
  }

  var onInput = guard(land), onLook = guard(function () { look(); if (doc.visibilityState === "hidden") flush(); });

  function watch() {
    if (!watching) {
      watching = true;
      root.addEventListener("pagehide", guard(leave));
      doc.addEventListener("visibilitychange", onLook);
    }
    if (!hit) return;
    INPUTS.forEach(function (name) { root.addEventListener(name, onInput, { capture: true, passive: true }); });
    look();
  }

  /** What a raised mode allows: the id, the events of the page before, the cart of a message's link. */
  function begin() {
    if (mode === "none") return;
    remember();
    if (!queue.length) { try { queue = JSON.parse(read("queue", false)) || []; } catch (e) { queue = []; } }
    if (!Array.isArray(queue)) queue = [];
    if (queue.length) later(0);
    watch();
    if (token) { restore(0); token = ""; }
    if (asked) return;
    asked = true;
    root.setTimeout(guard(decide), PAUSE, "load");
  }

  function setMode(next) {
    mode = next;
    if (mode !== "none") return begin();
    queue = [];
    anonymous = user = hit = "";
    forget(true);
    forget(false);
  }

  // --- what the shop calls -----------------------------------------------------------------------------------------------------

  var calls = {
    /** @param {string} writeKey @param {Options} options */
    load: function (writeKey, options) {
      if (loaded) return;
      key = String(writeKey);
      host = String(options.host).replace(/\/+$/, "");
      loaded = true;
      wish = options;
      allowed = Math.max(0, MODES.indexOf(options.consent));
      if (wish.signals) cap = 0;
      if (wish.signals || allowed && (wish.ga4 || wish.analytics || wish.spa)) part("adapters");
      weigh();
      early.splice(0).forEach(function (call) { calls[call[0]].apply(null, call[1]); });
    },
    /** @param {Mode} next what the visitor allowed; "none" also deletes what was stored */
    setConsent: function (next) { allowed = Math.max(0, MODES.indexOf(next)); weigh(); },
    /** @param {string} event @param {Object=} properties */
    track: function (event, properties) { enqueue("track", { event: String(event), properties: properties || {} }); },
    /** @param {string=} name @param {Object=} properties */
    page: function (name, properties) { enqueue("page", { name: typeof name === "string" ? name : undefined, properties: properties || {} }); },
    /** @param {?string} userId @param {Object=} traits @param {{proof?: string}=} options made by the shop's server */
    identify: function (userId, traits, options) {
      if (userId && typeof userId === "object") { options = traits; traits = userId; userId = null; }
      if (userId && mode !== "none") { user = String(userId); write("user", user, kept()); }
      var fields = { traits: traits || {} };
      if (options && options.proof) fields.proof = String(options.proof);
      enqueue("identify", fields);
    },
    /** A log-out: the next events belong to somebody new. What waits is sent as it was. */
    reset: function () {
      user = anonymous = "";
      if (mode === "none") return;
      [true, false].forEach(function (kept) { write("id", "", kept); write("user", "", kept); });
      remember();
    },
    flush: function () { flush(); }
  };

  /** @template {Function} F @param {F} fn @returns {F} the same, but a fault of ours stays ours */
  function guard(fn) { return /** @type {*} */ (function () { try { return fn.apply(null, arguments); } catch (e) { /* never into the shop */ } }); }

  var api = {
    /** @param {function(Restored): void} fn @param {function("expired"|"unreachable"): void=} failed */
    onRestore: guard(function (fn, failed) { whenRestored = fn; whenFailed = failed || null; hand(); }),
    anonymousId: function () { return anonymous; }
  };
  Object.keys(calls).forEach(function (name) {
    api[name] = guard(function () {
      if (loaded || name === "load") return calls[name].apply(null, arguments);
      if (early.length < MOST) early.push([name, arguments]);
    });
  });

  // The shop may have called before this file came: window.wraca = [["load", ...], ["track", ...]].
  var waiting = Array.isArray(root.wraca) ? root.wraca : [];
  api.push = guard(function (call) { api[call[0]].apply(null, [].slice.call(call, 1)); });
  root.wraca = api;
  guard(arrive)();
  waiting.forEach(api.push);
})(typeof window === "undefined" ? globalThis : window);
