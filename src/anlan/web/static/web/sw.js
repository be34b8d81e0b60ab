/* The service worker of Anlan 安澜, scope "/". It shows notifications and says that it did; it caches nothing and
   answers no fetch, so a later offline worker can take these listeners over as they are.
   A payload (encrypted on the way) is JSON: t title, b text, u address of ours, g group, l language,
   k and p the receipt and its proof: only where a receipt is kept. */
"use strict";

const GENERAL = { t: "安澜", b: "有新消息，打开看看。 There is news: open to read.", u: "/inbox" };

function read(event) {
  try {
    const given = event.data ? event.data.json() : null;
    return given && typeof given.t === "string" ? given : GENERAL;
  } catch {
    return GENERAL;
  }
}

function acknowledge(data, state) {
  if (!data.k) return Promise.resolve();
  return fetch("/push/ack", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ k: data.k, p: data.p, s: state }),
    credentials: "omit",
    keepalive: true,
  }).catch(() => undefined);
}

/** Only an address of our own is ever opened. */
function ours(address) {
  try {
    const whole = new URL(address, self.location.origin);
    return whole.origin === self.location.origin ? whole.href : self.location.origin + "/";
  } catch {
    return self.location.origin + "/";
  }
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const data = read(event);
  const shown = self.registration.showNotification(data.t, {
    body: data.b || "",
    tag: data.g || "anlan",
    renotify: true,
    requireInteraction: true,
    lang: data.l || "zh-CN",
    icon: "/static/web/mark.svg",
    badge: "/static/web/mark.svg",
    vibrate: [300, 150, 300, 150, 600],
    data,
  });
  event.waitUntil(shown.then(() => acknowledge(data, "shown")));
});

self.addEventListener("notificationclick", (event) => {
  const data = event.notification.data || {};
  event.notification.close();
  const target = ours(data.u || "/");
  const open = self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((windows) => {
    const there = windows.find((one) => one.url === target);
    return there ? there.focus() : self.clients.openWindow(target);
  });
  event.waitUntil(Promise.all([open, acknowledge(data, "opened")]));
});
