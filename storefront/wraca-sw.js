/* wraca-sw.js - Apache-2.0. Shows Wraca's push messages. Lives in a worker of the shop's own:
 *   try { importScripts("https://your-wraca/sdk/wraca-sw.js"); } catch (e) {}
 * as the whole of /wraca-sw.js, or as one more line of a worker that is there already. It answers no requests of pages, takes over
 * nothing and stores nothing; messages of others it leaves to others. Whatever fails here, fails here alone.
 */
(function (/** @type {*} */ worker) {
  "use strict";
  if (worker.wracaPush || !worker.registration) return;
  worker.wracaPush = true;
  var BY = "wraca", SHELF = "wraca-push", CARD = "/wraca-push.json";

  /** @returns {?Object} the message, if it is one of ours */
  function read(event) {
    try {
      var said = event.data.json();
      return said && said.by === BY && typeof said.title === "string" && /^https?:\/\//.test(said.url) ? said : null;
    } catch (e) { return null; }
  }

  worker.addEventListener("push", function (event) {
    var said = read(event);
    if (!said) return;
    event.waitUntil(worker.registration.showNotification(said.title, {
      body: said.body || "", tag: said.tag || BY, lang: said.lang || "", icon: said.icon, image: said.image,
      actions: Array.isArray(said.actions) ? said.actions.slice(0, 2) : [], data: { by: BY, url: said.url, off: said.off || "" }
    }));
  });

  worker.addEventListener("notificationclick", function (event) {
    var data = event.notification.data;
    if (!data || data.by !== BY) return;
    event.notification.close();
    event.waitUntil(event.action === "off" && data.off ? worker.clients.openWindow(data.off) : open(data.url));
  });

  /** In a tab of the shop that is there already, else in a new one. */
  function open(url) {
    return worker.clients.matchAll({ type: "window", includeUncontrolled: true }).then(function (tabs) {
      var tab = tabs.filter(function (one) { return one.focused; })[0] || tabs[0];
      if (!tab) throw 0;
      return tab.focus().then(function (found) { return (found || tab).navigate(url); });
    }).catch(function () { return worker.clients.openWindow(url); }); // a tab that this worker does not steer cannot be sent anywhere
  }

  // --- the browser changed the subscription by itself ------------------------------------------------------------------------------

  function shelf() { return worker.caches.open(SHELF); }
  function card() { return shelf().then(function (kept) { return kept.match(CARD); }).then(function (found) { return found ? found.json() : null; }); }
  function keep(told) { return shelf().then(function (kept) { return kept.put(CARD, new Response(JSON.stringify(told))); }); }

  function tell(told, fields) {
    var body = { writeKey: told.writeKey, anonymousId: told.anonymousId, page: { url: worker.location.origin + "/" } };
    for (var name in fields) body[name] = fields[name];
    return fetch(told.host + "/v1/push", { method: "POST", credentials: "omit", headers: { "content-type": "text/plain" }, body: JSON.stringify(body) });
  }

  worker.addEventListener("pushsubscriptionchange", function (event) {
    event.waitUntil(card().then(function (told) {
      if (!told) return null; // somebody else's, or nobody's any more
      var old = event.oldSubscription ? event.oldSubscription.endpoint : told.endpoint;
      if (old !== told.endpoint) return null;
      var next = event.newSubscription ? Promise.resolve(event.newSubscription)
        : worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: told.key });
      return next.then(function (made) {
        return tell(told, { act: "renew", subscription: made.toJSON(), keyId: told.keyId, old: old }).then(function () {
          told.endpoint = made.endpoint;
          return keep(told);
        });
      }, function () { return tell(told, { act: "leave", subscription: { endpoint: old } }); });
    }).catch(function () { /* the next visit mends it */ }));
  });
})(self);
