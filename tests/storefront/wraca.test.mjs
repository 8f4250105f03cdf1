// The snippet in a make-believe browser: real code, hand-written storage, clock and network, no library.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

// node lets no script of a vm import anything: the browser's import() has a stand-in.
const SOURCE = readFileSync(new URL("../../storefront/wraca.js", import.meta.url), "utf8").replace("import(", "root.bring(");
const HOST = "https://wraca.example";
const CART = {
  lines: [{ product_id: "mug", variant: "", quantity: 2, name: "Mug", price: "29.99", image_url: "", url: "" }],
  currency: "PLN", coupon: "", stage: "payment",
};

class Storage {
  constructor() { this.kept = new Map(); this.touched = 0; }
  getItem(name) { this.touched += 1; return this.kept.has(name) ? this.kept.get(name) : null; }
  setItem(name, value) { this.touched += 1; this.kept.set(name, String(value)); }
  removeItem(name) { this.touched += 1; this.kept.delete(name); }
}

const json = (status, value, headers = {}) => ({
  status, ok: status >= 200 && status < 300, json: async () => structuredClone(value), headers: new Headers(headers),
});

/** A page: `answer(url, options)` is the network; `run(ms)` lets time pass. */
function browser({ search = "", answer = () => json(200, {}), session = new Storage(), local = new Storage(), before } = {}) {
  let now = 1_800_000_000_000, timers = [], nextId = 1;
  const listeners = {}, requests = [], beacons = [];
  const listen = (name, fn) => { (listeners[name] ||= new Set()).add(fn); };
  class FixedDate extends Date {
    constructor(...at) { super(...(at.length ? at : [now])); }
    static now() { return now; }
  }
  const root = {
    crypto: globalThis.crypto, AbortController, URLSearchParams, Blob, Intl, Date: FixedDate, sessionStorage: session, localStorage: local,
    navigator: { language: "pl-PL", sendBeacon: (url, blob) => { beacons.push({ url, blob }); return true; } },
    document: { title: "Shop", visibilityState: "visible", addEventListener: listen },
    location: { origin: "https://shop.example", pathname: "/cart", search, hash: "" },
    history: { state: null, replaced: [], replaceState(_state, _title, url) { this.replaced.push(url); } },
    addEventListener: listen,
    removeEventListener: (name, fn) => listeners[name]?.delete(fn),
    setTimeout: (fn, wait, ...given) => { timers.push({ id: nextId, at: now + (wait || 0), fn: () => fn(...given) }); return nextId++; },
    clearTimeout: (id) => { timers = timers.filter((timer) => timer.id !== id); },
    fetch: (url, options) => { requests.push({ url, options, at: now }); return Promise.resolve().then(() => answer(url, options, requests.length)); },
  };
  root.window = root;
  if (before) root.wraca = before;
  const parts = [];
  root.bring = async (url) => {
    requests.push({ url, at: now });
    return { default: (kit, told, api) => parts.push({ kit, answer: told, api }) };
  };
  vm.runInNewContext(SOURCE, root);
  const settle = () => new Promise((done) => setImmediate(done));
  return {
    root, wraca: root.wraca, session, local, requests, beacons, parts,
    sent: () => requests.filter((r) => r.url.endsWith("/v1/batch")).map((r) => JSON.parse(r.options.body)),
    fire: (name, event = { isTrusted: true }) => listeners[name]?.forEach((fn) => fn(event)),
    async run(ms) {
      const end = now + ms;
      await settle();
      for (;;) {
        const due = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
        if (!due) break;
        timers = timers.filter((timer) => timer !== due);
        now = Math.max(now, due.at);
        due.fn();
        await settle();
      }
      now = end;
      await settle();
    },
  };
}

test("before consent nothing is stored, read or requested, whatever the shop calls", async () => {
  const page = browser({ search: "?wraca_restore=tok&wraca_hit=h1" });
  page.wraca.load("key", { host: HOST });
  page.wraca.page();
  page.wraca.track("Product Added", { product_id: "mug" });
  page.wraca.identify(null, { email: "ola@example.com" });
  page.wraca.reset();
  page.wraca.flush();
  page.fire("pointerdown");
  await page.run(60_000);
  page.fire("pagehide");

  assert.equal(page.requests.length + page.beacons.length, 0);
  assert.equal(page.session.touched + page.local.touched, 0);
  assert.equal(page.wraca.anonymousId(), "");
});

test("necessary keeps to this tab; consented keeps the same visitor over tabs; none deletes", async () => {
  const page = browser();
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  const id = page.wraca.anonymousId();
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(page.local.kept.size, 0);
  assert.equal(page.session.kept.get("wraca.id"), id);

  page.wraca.setConsent("consented");
  assert.equal(page.local.kept.get("wraca.id"), id);
  const other = browser({ local: page.local });
  other.wraca.load("key", { host: HOST, show: false, consent: "consented" });
  assert.equal(other.wraca.anonymousId(), id);

  page.wraca.setConsent("none");
  assert.equal(page.local.kept.size + page.session.kept.size, 0);
});

test("events go out as one Segment batch with the key in the body and no preflight", async () => {
  const page = browser({ search: "?email=ola%40example.com&utm_source=mail" });
  page.wraca.load("key", { host: HOST + "/", show: false, consent: "necessary" });
  page.wraca.track("Product Added", { product_id: "mug", price: 29.99 });
  page.wraca.identify("u7", { email: "ola@example.com" }, { proof: "ab12" });
  page.wraca.page("Cart");
  await page.run(1000);

  const [request] = page.requests, [body] = page.sent();
  assert.equal(page.requests.length, 1);
  assert.equal(request.url, HOST + "/v1/batch");
  assert.deepEqual({ ...request.options.headers }, { "content-type": "text/plain" });
  assert.equal(request.options.keepalive, true);
  assert.equal(body.writeKey, "key");
  assert.ok(body.sentAt);
  const [added, identify, view] = body.batch;
  assert.deepEqual([added.type, added.event, added.properties], ["track", "Product Added", { product_id: "mug", price: 29.99 }]);
  assert.deepEqual([identify.type, identify.userId, identify.traits, identify.context.wraca], ["identify", "u7", { email: "ola@example.com" }, { proof: "ab12" }]);
  assert.equal(view.name, "Cart");
  assert.equal(view.userId, "u7");
  assert.equal(new Set(body.batch.map((event) => event.messageId)).size, 3);
  assert.equal(added.context.page.url, "https://shop.example/cart"); // the query may hold an address
  assert.deepEqual(added.context.campaign, { source: "mail" });
  assert.ok(!page.session.kept.has("wraca.queue"));
});

test("calls made before the file arrives are played in order", async () => {
  const page = browser({ before: [["track", "A"], ["load", "key", { host: HOST, show: false, consent: "necessary" }], ["track", "B"]] });
  await page.run(1000);
  assert.deepEqual(page.sent()[0].batch.map((event) => event.event), ["A", "B"]);
});

test("a host that fails is asked again, ever more slowly, with the same message ids", async () => {
  let alive = false;
  const page = browser({ answer: () => { if (!alive) throw new TypeError("refused"); return json(200, {}); } });
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  page.wraca.track("Product Added", { product_id: "mug" });
  await page.run(60_000);
  const failed = page.requests.length;
  assert.ok(failed >= 4 && failed <= 7, `${failed} requests in a minute`);
  alive = true;
  await page.run(120_000);
  const ids = page.sent().map((body) => body.batch[0].messageId);
  assert.equal(page.requests.length, failed + 1);
  assert.equal(new Set(ids).size, 1);
});

test("429 waits as long as the server says; a bad request is not repeated; 410 is the kill switch", async () => {
  const busy = browser({ answer: (_u, _o, n) => json(n === 1 ? 429 : 200, {}, { "retry-after": "20" }) });
  busy.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  busy.wraca.track("A");
  await busy.run(15_000);
  assert.equal(busy.requests.length, 1);
  await busy.run(15_000);
  assert.equal(busy.requests.length, 2);

  for (const status of [400, 401, 410]) {
    const page = browser({ answer: () => json(status, { error: "no" }) });
    page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
    page.wraca.track("A");
    await page.run(60_000);
    assert.equal(page.requests.length, 1);
    page.wraca.track("B");
    await page.run(60_000);
    assert.equal(page.requests.length, status === 410 ? 1 : 2);
  }
});

test("a host that hangs is given up after two seconds", async () => {
  let aborted = 0;
  const page = browser({ answer: (_u, options) => new Promise((_ok, fail) => {
    options.signal.addEventListener("abort", () => { aborted += 1; fail(new Error("aborted")); });
  }) });
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  page.wraca.track("A");
  await page.run(2_200);
  assert.equal(aborted, 0);
  await page.run(200);
  assert.equal(aborted, 1);
});

test("garbage from the host and garbage from the shop never throw", async () => {
  const garbage = [null, "<html>", { lines: "x" }, { lines: [null, 7, { product_id: {} }] }, undefined];
  for (const value of garbage) {
    const page = browser({ search: "?wraca_restore=t", answer: () => json(200, value) });
    page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
    await page.run(10_000);
  }
  const circle = {};
  circle.self = circle;
  const page = browser({ answer: () => ({}) });
  for (const options of [undefined, null, 5, {}]) page.wraca.load("key", options);
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  page.wraca.track("A", circle);
  page.wraca.track(undefined, 10n);
  page.wraca.track("Huge", { text: "x".repeat(50_000) });
  page.wraca.identify({ email: "ola@example.com" });
  page.wraca.push(["no such call"]);
  page.wraca.push(null);
  page.wraca.setConsent("everything");
  await page.run(10_000);
});

test("a browser that refuses storage still gets its events through", async () => {
  const refuse = { getItem() { throw new Error("denied"); }, setItem() { throw new Error("denied"); }, removeItem() { throw new Error("denied"); } };
  const page = browser({ session: refuse, local: refuse });
  page.wraca.load("key", { host: HOST, show: false, consent: "consented" });
  page.wraca.track("A");
  await page.run(1000);
  assert.equal(page.sent()[0].batch[0].event, "A");
});

test("a page that goes away sends a beacon, and the next page repeats what was not confirmed", async () => {
  const page = browser();
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  page.wraca.track("Checkout Started");
  page.fire("pagehide");
  assert.equal(page.beacons.length, 1);
  assert.equal(page.beacons[0].blob.type, "text/plain");
  const beacon = JSON.parse(await page.beacons[0].blob.text());

  const next = browser({ session: page.session });
  next.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  await next.run(1000);
  assert.equal(next.sent()[0].batch[0].messageId, beacon.batch[0].messageId);
  assert.equal(beacon.writeKey, "key");
});

test("a long queue goes out in requests that a browser accepts", async () => {
  const page = browser();
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  for (let i = 0; i < 150; i++) page.wraca.track("A", { text: "ż".repeat(300), i });
  await page.run(30_000);
  assert.equal(page.sent().flatMap((body) => body.batch).length, 150);
  for (const request of page.requests) assert.ok(new TextEncoder().encode(request.options.body).length < 64_000);
});

test("a restore link leaves the address bar at once and hands the shop its cart, however late it asks", async () => {
  const page = browser({ search: "?a=1&wraca_restore=tok%2Fen&wraca_hit=h1", answer: (url) => json(200, url.includes("restore") ? CART : {}) });
  assert.deepEqual(page.root.history.replaced, ["/cart?a=1"]);
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  await page.run(100);
  assert.equal(page.requests[0].url, HOST + "/v1/restore/tok%2Fen");
  const carts = [];
  page.wraca.onRestore((cart) => carts.push(cart));
  page.wraca.onRestore((cart) => carts.push(cart));
  await page.run(100);
  assert.deepEqual(JSON.parse(JSON.stringify(carts)), [CART]);
});

test("a fault in the shop's own handler stays visible as the shop's, and asks for nothing again", async () => {
  const page = browser({ search: "?wraca_restore=t", answer: () => json(200, CART) });
  page.wraca.onRestore(() => { throw new Error("the shop's own fault"); });
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  await assert.rejects(page.run(10_000), /the shop's own fault/);
  await page.run(10_000);
  assert.equal(page.requests.length, 1);
});

test("what a restore answer says is cut down to what a shop may rely on", async () => {
  const lines = [CART.lines[0], { product_id: "x", quantity: -1 }, { product_id: "y", quantity: 1.5 }, { quantity: 1 }, { product_id: 12, quantity: 1 }];
  const page = browser({ search: "?wraca_restore=t", answer: () => json(200, { lines, stage: "admin", email: "ola@example.com" }) });
  let cart = null;
  page.wraca.onRestore((found) => { cart = found; });
  page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  await page.run(100);
  assert.deepEqual(cart.lines.map((line) => line.product_id).join(), "mug,12");
  assert.deepEqual(Object.keys(cart).sort().join(), "coupon,currency,lines,stage");
  assert.equal(cart.stage, "cart");
});

test("a dead restore link is told as expired, a dead host as unreachable after three tries", async () => {
  for (const [answer, why, tries] of [[() => json(404, { error: "gone" }), "expired", 1], [() => json(503, {}), "unreachable", 3]]) {
    const page = browser({ search: "?wraca_restore=t", answer });
    const told = [];
    page.wraca.onRestore(() => told.push("cart"), (reason) => told.push(reason));
    page.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
    await page.run(20_000);
    assert.deepEqual(told, [why]);
    assert.equal(page.requests.length, tries);
  }
});

test("a landing counts after three visible seconds or a real touch, once, and survives the step to another page", async () => {
  const landings = (page) => page.sent().flatMap((body) => body.batch).filter((event) => event.event === "Message Landed");
  const link = { search: "?wraca_hit=h9" };

  const dwelling = browser(link);
  dwelling.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  await dwelling.run(2_900);
  assert.equal(landings(dwelling).length, 0);
  await dwelling.run(1_000);
  assert.deepEqual(landings(dwelling).map((event) => event.properties.hit), ["h9"]);

  const first = browser(link);
  first.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  first.fire("pointerdown", { isTrusted: false });
  await first.run(500);
  assert.equal(landings(first).length, 0);
  const second = browser({ session: first.session });
  second.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  second.fire("keydown");
  second.fire("keydown");
  await second.run(10_000);
  assert.equal(landings(second).length, 1);

  const hidden = browser(link);
  hidden.root.document.visibilityState = "hidden";
  hidden.wraca.load("key", { host: HOST, show: false, consent: "necessary" });
  await hidden.run(60_000);
  assert.equal(landings(hidden).length, 0);
});

test("consent that comes later finds the cart of the link", async () => {
  const page = browser({ search: "?wraca_restore=t", answer: () => json(200, CART) });
  let cart = null;
  page.wraca.onRestore((found) => { cart = found; });
  page.wraca.load("key", { host: HOST });
  await page.run(5000);
  assert.equal(page.requests.length, 0);
  page.wraca.setConsent("necessary");
  await page.run(100);
  assert.equal(cart.lines.length, 1);
});

test("after a log-out the visitor is somebody new", () => {
  const page = browser();
  page.wraca.load("key", { host: HOST, show: false, consent: "consented" });
  page.wraca.identify("u7");
  const before = page.wraca.anonymousId();
  page.wraca.reset();
  assert.notEqual(page.wraca.anonymousId(), before);
  assert.ok(!page.local.kept.has("wraca.user"));
});

test("included twice, the file keeps the first one's state", () => {
  const page = browser();
  const first = page.root.wraca;
  vm.runInNewContext(SOURCE, page.root);
  assert.equal(page.root.wraca, first);
});

// --- what is shown ---------------------------------------------------------------------------------------------------------------

const asks = (page) => page.requests.filter((one) => one.url.endsWith("/v1/decide")).map((one) => JSON.parse(one.options.body));

test("a page asks once what to show, with no cookie and no preflight, and loads only the parts it is told to", async () => {
  const local = new Storage();
  local.setItem("wraca.no", "exit@1900000000000 bar@1");
  const page = browser({ local, answer: (url) => json(200, url.endsWith("/v1/decide") ? { show: [{ id: "p:x" }], load: ["popup", "chat"] } : {}) });
  page.wraca.load("key", { host: HOST, consent: "consented" });
  page.wraca.setConsent("necessary");
  page.wraca.setConsent("consented");
  await page.run(2_000);

  const [asked, ...again] = asks(page);
  assert.deepEqual(again, []);
  assert.equal(asked.writeKey, "key");
  assert.equal(asked.anonymousId, page.wraca.anonymousId());
  assert.equal(asked.page.url, "https://shop.example/cart");
  const { options } = page.requests.find((one) => one.url.endsWith("/v1/decide"));
  assert.equal(options.credentials, "omit");
  assert.equal(options.headers["content-type"], "text/plain");
  assert.deepEqual(page.requests.map((one) => one.url).filter((url) => url.includes("/sdk/")), [`${HOST}/sdk/popup.js`, `${HOST}/sdk/chat.js`]);
  assert.equal(page.parts[0].answer.show[0].id, "p:x");
});

test("what the browser said no to goes along, and is forgotten with the rest", async () => {
  const local = new Storage();
  local.setItem("wraca.no", "exit@1900000000000 bar");
  const page = browser({ local });
  page.wraca.load("key", { host: HOST, consent: "consented" });
  await page.run(2_000);
  assert.deepEqual(asks(page)[0].refused, ["exit@1900000000000", "bar"]);
  page.wraca.setConsent("none");
  assert.equal(local.getItem("wraca.no"), null);
});

for (const [what, answer] of [
  ["fails", () => json(500, {})], ["is garbage", () => json(200, "<html>")], ["is null", () => json(200, null)],
  ["names no parts", () => json(200, { load: 7 })], ["hangs", () => new Promise(() => {})], ["switches off", () => json(410, {})],
]) {
  test(`nothing is shown and nothing breaks when the answer ${what}`, async () => {
    const page = browser({ answer });
    page.wraca.load("key", { host: HOST, consent: "necessary" });
    await page.run(10_000);
    assert.deepEqual(page.parts, []);
  });
}

test("before consent nothing is asked, and a shop that wants no pop-ups never asks", async () => {
  for (const options of [{ consent: "none" }, { consent: "consented", show: false }]) {
    const page = browser();
    page.wraca.load("key", { host: HOST, ...options });
    await page.run(5_000);
    assert.deepEqual(page.requests, []);
  }
});

test("with signals nothing happens before a banner speaks; they lower and raise the mode, never above what the shop set", async () => {
  const page = browser();
  page.wraca.load("key", { host: HOST, consent: "necessary", signals: true });
  page.wraca.track("A");
  await page.run(1_000);
  assert.deepEqual(page.requests.map((one) => one.url), [`${HOST}/sdk/adapters.js`]);
  assert.equal(page.requests[0].options, undefined);
  assert.equal(page.session.kept.size + page.local.kept.size, 0);

  const { kit } = page.parts[0];
  kit.cap(2);
  assert.equal(kit.mode(), "necessary");
  assert.equal(page.local.kept.size, 0);
  kit.cap(0);
  assert.equal(kit.mode(), "none");
  assert.equal(page.session.kept.size, 0);
  page.wraca.setConsent("consented");
  assert.equal(kit.mode(), "none");
  kit.cap(2);
  assert.equal(kit.mode(), "consented");
});
