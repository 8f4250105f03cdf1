/** The shop's pages, drawn from the path. */
import { WORDS } from "./words.js";
import { PRODUCTS, add, cart, currency, described, forget, keep, language, money, priceOf, take, tell, tellCart, totalOf } from "./cart.js";

const words = WORDS[language];
const main = document.getElementById("main");
const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("dialog"));
const STEPS = ["contact", "shipping", "payment"];

/** @param {string} text */
const safe = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
/** @param {string} text */
const say = (text) => { document.getElementById("said").textContent = text; };

function picture(product, size) {
  return `<img src="/pictures/${product.image}" alt="" width="${size}" height="${size}" loading="lazy">`;
}

function shelf() {
  const groups = Map.groupBy ? Map.groupBy(PRODUCTS.values(), (p) => p.category) : grouped();
  let html = `<section class="hero"><h1>${words.hello}</h1><p>${words.intro}</p></section>`;
  for (const [category, products] of groups) {
    html += `<section aria-labelledby="c-${category}"><h2 id="c-${category}">${words[category]}</h2><ul class="shelf">`;
    for (const product of products) {
      html += `<li><a href="/p/${product.product_id}">${picture(product, 240)}<strong>${safe(product.name[language])}</strong>
        <span>${money(Number(product.price[currency]))}</span></a></li>`;
    }
    html += "</ul></section>";
  }
  main.innerHTML = html;
}

function grouped() {
  const groups = new Map();
  for (const product of PRODUCTS.values()) groups.set(product.category, [...(groups.get(product.category) || []), product]);
  return groups;
}

function product(id) {
  const found = PRODUCTS.get(id);
  if (!found) return shelf();
  document.title = `${found.name[language]} · Parrot & Plimsoll`;
  const variants = found.variants || [];
  const sizes = variants.length > 1 ? `<label>${words.size}<select name="variant">${variants.map((v) =>
    `<option ${v === found.variant ? "selected" : ""}>${safe(v)}</option>`).join("")}</select></label>` : "";
  main.innerHTML = `<article class="product">${picture(found, 480)}<form><h1>${safe(found.name[language])}</h1>
    <p>${safe(found.description[language])}</p><p class="price">${money(Number(found.price[currency]))}</p>${sizes}
    <label>${words.quantity}<input type="number" name="quantity" value="1" min="1" max="20" required></label>
    <button>${words.add}</button></form></article>`;
  const line = { product_id: id, variant: found.variant || "", quantity: 1 };
  tell("Product Viewed", described(line));
  main.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    add(id, String(form.get("variant") || found.variant || ""), Number(form.get("quantity")));
    say(`${words.added}: ${found.name[language]}`);
  });
}

function basket() {
  const kept = cart();
  document.title = `${words.cart} · Parrot & Plimsoll`;
  if (!kept.lines.length) {
    main.innerHTML = `<h1>${words.cart}</h1><p>${words.empty}</p><a class="button" href="/">${words.look}</a>`;
    return;
  }
  main.innerHTML = `<h1>${words.cart}</h1><ul class="lines">${kept.lines.map(row).join("")}</ul>
    <p class="total">${words.total} <strong>${money(totalOf(kept.lines))}</strong></p>
    <a class="button" href="/checkout/contact">${words.checkout}</a>`;
  main.querySelectorAll("[data-take]").forEach((button, index) => button.addEventListener("click", () => {
    take(kept.lines[index]);
    basket();
  }));
  tellCart("Cart Viewed");
}

function row(line) {
  const found = PRODUCTS.get(line.product_id);
  return `<li>${picture(found, 88)}<div><strong>${safe(found.name[language])}</strong> <small>${safe(line.variant)}</small>
    <span>${line.quantity} × ${money(priceOf(line))}</span></div><strong>${money(priceOf(line) * line.quantity)}</strong>
    <button class="quiet" data-take aria-label="${words.remove}: ${safe(found.name[language])}">×</button></li>`;
}

function progress(step) {
  const number = STEPS.indexOf(step) + 1;
  return `<ol class="steps" aria-label="${words.step} ${number}/3">${STEPS.map((name) =>
    `<li ${name === step ? 'aria-current="step"' : ""}>${words[name]}</li>`).join("")}</ol>`;
}

function remember(stage) { keep({ ...cart(), stage }); }

function contact() {
  main.innerHTML = `${progress("contact")}<form class="checkout"><h1>${words.contact}</h1>
    <label>${words.email}<input type="email" name="email" autocomplete="email" required></label>
    <label>${words.name}<input name="first_name" autocomplete="given-name" maxlength="60"></label>
    <label class="tick"><input type="checkbox" name="allow"> <span>${words.allow}</span></label>
    <button>${words.next}</button></form>`;
  tellCart("Checkout Started");
  main.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const email = String(form.get("email")).trim();
    localStorage.setItem("email", email);
    const answer = await fetch("/api/contact", { method: "POST", body: JSON.stringify({ email }) });
    const { proof } = await answer.json();
    window.wraca.push(["identify", null, { email, first_name: String(form.get("first_name")), language }, { proof }]);
    if (form.get("allow")) {
      tell("Consent Given", { channel: "email", text: words.allow, version: "1", language, mechanism: "checkbox", page: location.origin + location.pathname });
    }
    tell("Checkout Step Completed", { step: 1 });
    remember("shipping");
    location.assign("/checkout/shipping");
  });
}

function choices(step, options) {
  const extra = step === "payment" ? `<p class="hint">${words.hint}</p>` : "";
  main.innerHTML = `${progress(step)}<form class="checkout"><h1>${words[step]}</h1>${extra}<fieldset><legend class="hidden">${words[step]}</legend>
    ${options.map(([value, label, cost], index) => `<label class="choice"><input type="radio" name="choice" value="${value}" ${index ? "" : "checked"}>
    <span>${label}</span><span>${cost === undefined ? "" : money(cost)}</span></label>`).join("")}</fieldset>
    <p class="total">${words.total} <strong>${money(totalOf(cart().lines))}</strong></p>
    <button>${step === "payment" ? words.pay : words.next}</button></form>`;
  return new Promise((resolve) => main.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    resolve(String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("choice")));
  }));
}

async function shipping() {
  tell("Checkout Step Viewed", { step: 2 });
  const cost = currency === "PLN" ? 14.99 : 3.5;
  const chosen = await choices("shipping", [["locker", words.locker, cost], ["courier", words.courier, cost * 1.5]]);
  tell("Checkout Step Completed", { step: 2, shipping_method: chosen, shipping: chosen === "locker" ? cost : cost * 1.5 });
  remember("payment");
  location.assign("/checkout/payment");
}

async function payment() {
  tell("Checkout Step Viewed", { step: 3 });
  const chosen = await choices("payment", [["card", words.card], ["transfer", words.transfer], ["blik", words.blik]]);
  tell("Payment Info Entered", { step: 3, payment_method: chosen });
  const kept = cart();
  const order = { cart_id: kept.id, email: localStorage.getItem("email") || undefined, currency, total: totalOf(kept.lines), products: kept.lines.map(described) };
  const answer = await fetch("/api/order", { method: "POST", body: JSON.stringify({ order, anonymousId: window.wraca.anonymousId?.() }) });
  const { order: number } = await answer.json();
  forget();
  sessionStorage.setItem("order", number);
  location.assign("/checkout/done");
}

function done() {
  main.innerHTML = `<h1>${words.done}</h1><p>${words.number} <strong>${safe(sessionStorage.getItem("order") || "")}</strong></p>
    <a class="button" href="/">${words.back}</a>`;
}

// --- a saved cart comes back -----------------------------------------------------------------------------------------------

function restore(saved) {
  const lines = saved.lines.filter((line) => PRODUCTS.has(line.product_id))
    .map(({ product_id, variant, quantity }) => ({ product_id, variant, quantity }));
  const mine = cart();
  const same = JSON.stringify(mine.lines) === JSON.stringify(lines);
  if (!mine.lines.length || same) return putBack(lines, saved.stage);
  dialog.innerHTML = `<h2 id="dialog-title">${words.ask}</h2><form method="dialog"><button value="merge">${words.merge}</button>
    <button value="replace">${words.replace}</button><button class="quiet" value="mine">${words.mine}</button></form>`;
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "merge") putBack(merged(mine.lines, lines), saved.stage);
    if (dialog.returnValue === "replace") putBack(lines, saved.stage);
  }, { once: true });
  dialog.showModal();
}

function merged(mine, saved) {
  const all = mine.map((line) => ({ ...line }));
  for (const line of saved) {
    const known = all.find((one) => one.product_id === line.product_id && one.variant === line.variant);
    if (known) known.quantity = Math.max(known.quantity, line.quantity); else all.push({ ...line });
  }
  return all;
}

function putBack(lines, stage) {
  keep({ ...cart(), lines, stage });
  tellCart("Cart Updated");
  sessionStorage.setItem("said", words.restored);
  const page = stage === "payment" && localStorage.getItem("email") ? "/checkout/payment" : stage === "cart" ? "/cart" : "/checkout/contact";
  location.assign(page);
}

window.wraca.push(["onRestore", restore, (why) => say(words[why] || words.unreachable)]);

// --- every page --------------------------------------------------------------------------------------------------------------

function count() {
  const pieces = cart().lines.reduce((sum, line) => sum + line.quantity, 0);
  document.getElementById("basket").innerHTML = `${words.cart} <b>${pieces}</b>`;
}

const choice = /** @type {HTMLSelectElement} */ (document.getElementById("language"));
choice.value = language;
choice.addEventListener("change", () => { localStorage.setItem("language", choice.value); location.reload(); });
document.documentElement.lang = language;
document.addEventListener("cart", count);
count();
window.wraca.push(["page"]);
const said = sessionStorage.getItem("said");
if (said) { sessionStorage.removeItem("said"); say(said); }

const PAGES = { "/cart": basket, "/checkout/contact": contact, "/checkout/shipping": shipping, "/checkout/payment": payment, "/checkout/done": done };
const path = location.pathname;
if (path.startsWith("/p/")) product(path.slice(3)); else (PAGES[path] || shelf)();
if (path.startsWith("/checkout/") && path !== "/checkout/done" && !cart().lines.length) location.replace("/cart");
import("./strip.js").then((strip) => strip.show(document.getElementById("strip")));
