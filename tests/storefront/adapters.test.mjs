// What other tools of the page are told becomes what Wraca is told. The part itself, a hand-written page around it.
import assert from "node:assert/strict";
import { test } from "node:test";
import adapt from "../../storefront/adapters.js";

/** A page with these options; `told` is what wraca was told, `levels` what the banners allowed. */
function page(wish, more = {}) {
  const told = [], levels = [], listeners = {};
  const root = {
    location: { pathname: "/" }, addEventListener: (name, fn) => { listeners[name] = fn; }, setTimeout: (fn) => fn(),
    history: { pushState: (_state, _title, path) => { root.location.pathname = path; }, replaceState() {} }, ...more,
  };
  const api = { anonymousId: () => "a1" };
  for (const name of ["track", "page", "identify", "reset"]) api[name] = (...given) => told.push([name, ...given]);
  const guard = (fn) => (...given) => { try { return fn(...given); } catch { return undefined; } };
  const kit = { root, guard, wish: () => wish, cap: (level) => levels.push(level), decide: (trigger) => told.push(["decide", trigger]) };
  adapt(kit, null, api);
  return { root, told, levels, listeners };
}

const MUG = { item_id: "mug", item_name: "Mug", price: 29.9, quantity: 2, item_variant: "blue", item_category: "Kitchen", item_brand: "Potter" };
const gtag = (...given) => (function entry() { return arguments; })(...given);

test("GA4's purchase, in the dataLayer's form and in gtag's, of before and after", () => {
  const ecommerce = { transaction_id: "T1", value: 59.8, currency: "PLN", coupon: "TEN", items: [MUG] };
  const { root, told } = page({ ga4: true }, { dataLayer: [{ event: "purchase", ecommerce }] });
  root.dataLayer.push(gtag("event", "purchase", ecommerce));
  const product = { product_id: "mug", name: "Mug", variant: "blue", brand: "Potter", category: "Kitchen", price: 29.9, quantity: 2, currency: "PLN" };
  const wanted = ["track", "Order Completed", { currency: "PLN", products: [product], total: 59.8, coupon: "TEN", order_id: "T1" }];
  assert.deepEqual(told, [wanted, wanted]);
  assert.equal(root.dataLayer.length, 2);
});

test("each of GA4's events of a cart has a name of ours", () => {
  const names = ["view_item", "add_to_cart", "remove_from_cart", "view_cart", "begin_checkout", "add_shipping_info", "add_payment_info"];
  const { root, told } = page({ ga4: true });
  for (const event of names) root.dataLayer.push({ event, ecommerce: { currency: "PLN", items: [MUG], shipping_tier: "locker", payment_type: "BLIK" } });
  assert.deepEqual(told.map(([, name]) => name), ["Product Viewed", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started", "Checkout Step Completed", "Payment Info Entered"]);
  assert.equal(told[1][2].product_id, "mug");
  assert.equal(told[5][2].shipping_method, "locker");
  assert.equal(told[6][2].payment_method, "BLIK");
});

test("garbage in the dataLayer is left alone and reaches whoever else listens", () => {
  const { root, told } = page({ ga4: true });
  const circular = {};
  circular.event = circular;
  for (const entry of [null, 5, "x", {}, circular, { event: "purchase" }, { event: "add_to_cart", ecommerce: { items: [null, {}, 7] } }, { event: "constructor" }, gtag("event")]) root.dataLayer.push(entry);
  assert.deepEqual(told, []);
  assert.equal(root.dataLayer.length, 9);
});

test("Google's Consent Mode: all for consented, part for necessary, the newest word counts", () => {
  const { root, levels } = page({ signals: true }, { dataLayer: [gtag("consent", "default", { ad_storage: "denied", analytics_storage: "denied" })] });
  root.dataLayer.push(gtag("consent", "update", { analytics_storage: "granted" }));
  root.dataLayer.push(gtag("consent", "update", { ad_storage: "granted" }));
  root.dataLayer.push(gtag("consent", "update", { ad_storage: "denied", analytics_storage: "denied" }));
  assert.deepEqual(levels, [0, 1, 2, 0]);
});

test("a yes for one region only is not believed, a no is", () => {
  const { root, levels } = page({ signals: true });
  root.dataLayer.push(gtag("consent", "default", { ad_storage: "granted", analytics_storage: "granted", region: ["US"] }));
  root.dataLayer.push(gtag("consent", "default", { ad_storage: "granted", analytics_storage: "granted" }));
  root.dataLayer.push(gtag("consent", "default", { ad_storage: "denied", region: ["PL"] }));
  assert.deepEqual(levels, [0, 2, 1]);
});

test("TCF: storage alone is the session, with profiles it is kept; two banners allow what both allow", () => {
  let say = null;
  const { root, levels } = page({ signals: true }, { __tcfapi: (_command, _version, fn) => { say = fn; } });
  const told = (consents, eventStatus = "useractioncomplete", more = {}) => say({ purpose: { consents }, eventStatus, ...more }, true);
  told({ 1: true, 3: true, 4: true }, "cmpuishown");
  told({});
  told({ 1: true });
  told({ 1: true, 3: true, 4: true });
  say({ gdprApplies: false }, true);
  say(null, false);
  assert.deepEqual(levels, [0, 1, 2, 2]);
  root.dataLayer.push(gtag("consent", "update", { ad_storage: "denied", analytics_storage: "denied" }));
  assert.equal(levels.at(-1), 0);
});

test("Segment's calls are answered as shops make them", async () => {
  const { root, told } = page({ analytics: true });
  let done = 0;
  await root.analytics.track("Product Added", { product_id: "mug" }, {}, () => { done += 1; });
  root.analytics.page("Shop", "Cart", { a: 1 });
  root.analytics.page();
  root.analytics.identify("anna", { plan: 1 });
  root.analytics.reset();
  root.analytics.ready(() => { done += 1; });
  root.analytics.on("track", (event) => { done += event === "B" ? 1 : 0; });
  root.analytics.track("B");
  assert.equal(done, 3);
  assert.deepEqual(told.map((one) => one.slice(0, 2)), [["track", "Product Added"], ["page", "Cart"], ["page", undefined], ["identify", "anna"], ["reset"], ["track", "B"]]);
  assert.equal(root.analytics.user().anonymousId(), "a1");
  const own = { track() {} };
  assert.equal(page({ analytics: true }, { analytics: own }).root.analytics, own);
});

test("a page that changes without a load is a page, and asks anew; the same address is not", () => {
  const { root, told, listeners } = page({ spa: true });
  root.history.pushState(null, "", "/cart");
  root.history.replaceState(null, "", "/cart");
  root.location.pathname = "/";
  listeners.popstate();
  assert.deepEqual(told, [["page"], ["decide", "load"], ["page"], ["decide", "load"]]);
});
