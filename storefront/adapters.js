/** Reads what other tools of the page are told, so that a shop need not say it twice: Google's Consent Mode and the IAB's TCF, GA4's
 * dataLayer, Segment's analytics calls, changes of the page without a load. It sends nothing itself: it calls wraca.track and wraca.page.
 */
const EVENTS = {
  view_item: "Product Viewed", add_to_cart: "Product Added", remove_from_cart: "Product Removed", view_cart: "Cart Viewed",
  begin_checkout: "Checkout Started", add_shipping_info: "Checkout Step Completed", add_payment_info: "Payment Info Entered",
  purchase: "Order Completed",
};
const EACH = ["view_item", "add_to_cart", "remove_from_cart"]; // one event of ours for each product

/** @param {Object} kit @param {*} answer @param {Object} api */
export default function adapt(kit, answer, api) {
  const wish = kit.wish(), { root } = kit;
  if (wish.signals) signals(kit);
  if (wish.ga4) overhear(kit, kit.guard((entry) => said(api, entry)));
  if (wish.analytics && !root.analytics) root.analytics = analytics(root, api);
  if (wish.spa) watchPages(kit, api);
}

/** Every entry of the dataLayer, those of before and those to come. */
function overhear(kit, each) {
  const { root } = kit, layer = root.dataLayer = root.dataLayer || [], push = layer.push;
  [...layer].forEach(each);
  layer.push = function (...entries) { entries.forEach(each); return push.apply(layer, entries); };
}

// --- what the visitor told a banner: 2 consented, 1 necessary, 0 none ------------------------------------------------------------

function signals(kit) {
  const granted = {}, heard = {};
  // The lowest of those who spoke; as long as nobody did, nothing.
  const weigh = () => { const all = Object.values(heard); kit.cap(all.length ? Math.min(...all) : 0); };
  overhear(kit, kit.guard((entry) => {
    if (!entry || entry[0] !== "consent" || !entry[2]) return;
    for (const [name, word] of Object.entries(entry[2])) {
      // A word for one region only may lower, never raise: we do not guess where somebody is.
      if (!entry[2].region || word === "denied") granted[name] = word === "granted";
    }
    heard.google = granted.ad_storage && granted.analytics_storage ? 2 : granted.functionality_storage || granted.analytics_storage ? 1 : 0;
    weigh();
  }));
  if (typeof kit.root.__tcfapi !== "function") return;
  kit.root.__tcfapi("addEventListener", 2, kit.guard((told, ok) => {
    if (!ok || !told || told.gdprApplies !== false && !["tcloaded", "useractioncomplete"].includes(told.eventStatus)) return;
    const may = (told.purpose && told.purpose.consents) || {};
    // 1: storage on the device; 3 and 4: a profile, and messages chosen by it
    heard.tcf = told.gdprApplies === false ? 2 : !may[1] ? 0 : may[3] && may[4] ? 2 : 1;
    weigh();
  }));
}

// --- GA4 -------------------------------------------------------------------------------------------------------------------------

/** @param {*} entry `{event, ecommerce}` or the arguments of gtag("event", name, fields) */
function said(api, entry) {
  if (!entry) return;
  const byTag = entry[0] === "event", name = byTag ? entry[1] : entry.event, fields = (byTag ? entry[2] : entry.ecommerce) || {};
  const event = Object.hasOwn(EVENTS, name) ? EVENTS[name] : "";
  if (!event) return;
  const currency = text(fields.currency), products = (Array.isArray(fields.items) ? fields.items : []).map((item) => product(item, currency)).filter(Boolean);
  if (EACH.includes(name)) return products.forEach((one) => api.track(event, { ...one, currency }));
  const told = { currency, products };
  if (fields.value !== undefined) told[name === "purchase" ? "total" : "value"] = fields.value;
  if (fields.coupon) told.coupon = text(fields.coupon);
  if (name === "purchase") told.order_id = text(fields.transaction_id);
  if (name === "add_shipping_info") Object.assign(told, { step: 2, shipping_method: text(fields.shipping_tier) });
  if (name === "add_payment_info") told.payment_method = text(fields.payment_type);
  if (name === "purchase" && !told.order_id) return;
  api.track(event, told);
}

function text(value) { return typeof value === "string" || typeof value === "number" ? String(value).slice(0, 200) : ""; }

function product(item, currency) {
  if (!item || !text(item.item_id || item.item_name)) return null;
  const quantity = Math.round(Number(item.quantity));
  return {
    product_id: text(item.item_id || item.item_name), name: text(item.item_name), variant: text(item.item_variant), brand: text(item.item_brand),
    category: text(item.item_category), price: item.price, quantity: quantity > 0 ? quantity : 1, currency,
  };
}

// --- Segment's calls -------------------------------------------------------------------------------------------------------------

/** As much of analytics.js as shops call: queue the calls of the snippet, then play them. */
function analytics(root, api) {
  const listeners = {};
  const call = (name, ...given) => {
    const done = given.findLast((one) => typeof one === "function"), plain = given.filter((one) => typeof one !== "function");
    api[name](...plain);
    (listeners[name] || []).forEach((fn) => fn(...plain));
    if (done) root.setTimeout(done, 0);
    return Promise.resolve();
  };
  return {
    initialized: true,
    track: (event, properties, ...rest) => call("track", event, properties, ...rest.filter((one) => typeof one === "function")),
    page: (category, name, properties, ...rest) => call("page", ...(typeof name === "string" ? [name, properties, ...rest] : [category, name, properties, ...rest])),
    identify: (...given) => call("identify", ...given),
    alias: (userId, ...rest) => call("identify", userId, {}, ...rest),
    reset: () => { api.reset(); },
    ready: (fn) => { root.setTimeout(fn, 0); },
    on: (name, fn) => { (listeners[name] = listeners[name] || []).push(fn); },
    user: () => ({ anonymousId: () => api.anonymousId() }),
  };
}

// --- pages that change without a load ---------------------------------------------------------------------------------------------

function watchPages(kit, api) {
  const { root } = kit;
  let last = root.location.pathname;
  const look = kit.guard(() => {
    if (root.location.pathname === last) return;
    last = root.location.pathname;
    root.setTimeout(() => { api.page(); kit.decide("load"); }, 100); // the shop sets the title after the address
  });
  for (const name of ["pushState", "replaceState"]) {
    const own = root.history[name];
    root.history[name] = function () { const done = own.apply(root.history, arguments); look(); return done; };
  }
  root.addEventListener("popstate", look);
}
