/** The cart, as it lives in the browser, and what is said about it. */

/** @typedef {{product_id: string, variant: string, quantity: number}} Line */
/** @typedef {{id: string, lines: Line[], stage: string}} Cart */

const settings = JSON.parse(document.getElementById("settings").textContent);
export const PRODUCTS = new Map(settings.products.map((product) => [product.product_id, product]));

const languageKept = localStorage.getItem("language");
export const language = ["en", "pl", "bg"].includes(languageKept) ? languageKept : settings.language;
export const currency = settings.currencies[language];

/** @returns {Cart} */
export function cart() {
  try { return JSON.parse(localStorage.getItem("cart")) || fresh(); } catch { return fresh(); }
}

function fresh() { return { id: crypto.randomUUID(), lines: [], stage: "cart" }; }

/** @param {Cart} kept */
export function keep(kept) {
  localStorage.setItem("cart", JSON.stringify(kept));
  document.dispatchEvent(new Event("cart"));
}

export function forget() { localStorage.removeItem("cart"); document.dispatchEvent(new Event("cart")); }

/** @param {Line} line */
export function priceOf(line) { return Number(PRODUCTS.get(line.product_id)?.price[currency] ?? 0); }

/** @param {Line[]} lines */
export function totalOf(lines) { return lines.reduce((sum, line) => sum + priceOf(line) * line.quantity, 0); }

/** @param {number} amount */
export function money(amount) {
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount);
}

/** A line as events name it. @param {Line} line */
export function described(line) {
  const product = PRODUCTS.get(line.product_id);
  return {
    product_id: line.product_id, variant: line.variant, quantity: line.quantity, price: priceOf(line), name: product.name[language],
    category: product.category, url: `${settings.base}/p/${line.product_id}`, image_url: `${settings.base}/pictures/${product.image}`,
  };
}

/** @param {string} event @param {object} properties */
export function tell(event, properties) {
  window.wraca.push(["track", event, { ...properties, cart_id: cart().id, currency }]);
}

/** The whole cart in one event. @param {string} event @param {object} more */
export function tellCart(event, more = {}) {
  const lines = cart().lines;
  tell(event, { products: lines.map(described), total: totalOf(lines), ...more });
}

/** @param {string} product @param {string} variant @param {number} quantity */
export function add(product, variant, quantity) {
  const kept = cart();
  const known = kept.lines.find((line) => line.product_id === product && line.variant === variant);
  if (known) known.quantity += quantity; else kept.lines.push({ product_id: product, variant, quantity });
  keep(kept);
  tell("Product Added", described({ product_id: product, variant, quantity }));
}

/** @param {Line} gone */
export function take(gone) {
  const kept = cart();
  kept.lines = kept.lines.filter((line) => line.product_id !== gone.product_id || line.variant !== gone.variant);
  keep(kept);
  tell("Product Removed", described(gone));
}
