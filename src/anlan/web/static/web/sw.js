/* The service worker of Anlan 安澜, scope "/". It does two things: it keeps the field page /field so that it opens with no
   network, and it shows notifications and says that it did. Every other address is the network's own.
   `self.ANLAN` {version, page, kept} is written in front of this file by anlan.web.offline; `kept` is all of the shell.

   A new version is fetched whole before it is used (an install that fails leaves the old one), then waits until the
   person says so, or until no field page is open. A phone that never opened the field page keeps nothing.
   A payload (encrypted on the way) is JSON: t title, b text, u address of ours, g group, l language,
   k and p the receipt and its proof: only where a receipt is kept. */

const FIELD = "anlan-field-";
const NAME = FIELD + self.ANLAN.version;
const KEPT = new Set(self.ANLAN.kept.map((address) => new URL(address, self.location.origin).href));
const PAGE = new URL(self.ANLAN.page, self.location.origin).href;

/** Fetch the whole shell past every cache; all or nothing. */
async function keep() {
  if (!KEPT.size) throw new Error("the front end is not built");
  const store = await caches.open(NAME);
  try {
    await store.addAll([...KEPT].map((address) => new Request(address, { cache: "reload", credentials: "same-origin" })));
  } catch (error) {
    await caches.delete(NAME);
    throw error;
  }
}

async function fieldPages() {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return open.filter((one) => new URL(one.url).pathname === self.ANLAN.page);
}

async function keptOnes() {
  return (await caches.keys()).filter((name) => name.startsWith(FIELD));
}

async function install() {
  const open = await fieldPages();
  const before = await keptOnes();
  if (open.length || before.length) await keep();
  if (!open.length || !before.length) await self.skipWaiting();
}

async function activate() {
  const names = await keptOnes();
  if (names.includes(NAME)) await Promise.all(names.filter((name) => name !== NAME).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

/** The field page asks: take over now; or: keep the shell, and say when it is kept. */
self.addEventListener("message", (event) => {
  const asked = event.data && event.data.ask;
  if (asked === "take-over") event.waitUntil(self.skipWaiting());
  if (asked === "keep") {
    const done = caches
      .has(NAME)
      .then((there) => there || keep())
      .then(() => true, () => false)
      .then((kept) => event.source && event.source.postMessage({ told: "kept", kept }));
    event.waitUntil(done);
  }
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET") return;
  const address = new URL(request.url);
  address.hash = "";
  const page = request.mode === "navigate" && address.origin === self.location.origin && address.pathname === self.ANLAN.page;
  if (!page && (request.mode === "navigate" || request.cache === "reload" || !KEPT.has(address.href) || address.href === PAGE)) return;
  const wanted = page ? PAGE : address.href;
  event.respondWith(
    caches
      .open(NAME)
      .then((store) => store.match(wanted))
      .then((found) => found || fetch(request)),
  );
});

/** With no page open, what waits is sent by the page that is opened next; an open one is told to send now. */
self.addEventListener("sync", (event) => {
  if (event.tag !== "anlan-field") return;
  event.waitUntil(fieldPages().then((open) => open.forEach((one) => one.postMessage({ told: "send" }))));
});

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
