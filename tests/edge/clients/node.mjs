// The official Node client of Segment, unchanged. Prints one JSON object: what it saw of its deliveries.
import { createRequire } from "node:module";

const [, , folder, host, writeKey, mode] = process.argv;
const { Analytics } = createRequire(folder + "/")("@segment/analytics-node");
const analytics = new Analytics({ writeKey, host, flushAt: 20, flushInterval: 200, maxRetries: 3 });
const statuses = [];
const failures = [];
analytics.on("http_response", (answer) => statuses.push(answer.status));
analytics.on("error", (error) => failures.push(String(error.reason ?? error.code)));

if (mode === "bad") {
  analytics.track({ userId: "u1", event: "Product Added", properties: { product_id: "p1", price: "cheap" } });
  analytics.track({ userId: "u1", event: "Product Viewed", properties: { product_id: "p1" } });
} else {
  analytics.identify({ userId: "u1", traits: { email: "Ann@Example.com", firstName: "Ann" } });
  analytics.track({ userId: "u1", event: "Product Added", properties: { product_id: "p1", price: 19.99, quantity: 2 } });
  analytics.track({ userId: "u1", event: "Order Completed", properties: { order_id: "o1", total: 39.98, currency: "PLN" } });
  analytics.page({ userId: "u1", name: "Cart", properties: { url: "https://shop.example/cart" } });
  analytics.screen({ userId: "u1", name: "Cart" });
  analytics.alias({ userId: "u1", previousId: "anon-1" });
  analytics.group({ userId: "u1", groupId: "g1", traits: { name: "Readers" } });
}
await analytics.closeAndFlush();
process.stdout.write(JSON.stringify({ statuses, failures }));
