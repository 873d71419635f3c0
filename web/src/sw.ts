// The service worker: opens the page without the server. The page itself comes from the network while there is one, so that nobody
// keeps an old version; the files it consists of have names made of their content, and are taken from the cache of this version.
// What the API answers is not its business (src/offline).
declare const self: ServiceWorkerGlobalScope;

/** Written by the build: the names of all files, and a digest of them. */
declare const __FILES__: readonly string[];
declare const __VERSION__: string;

const PREFIX = "campanile-page-";
const CACHE = PREFIX + __VERSION__;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(["/", ...__FILES__])));
});

// It waits until no tab shows the version before: that one still finds its files in its own cache.
self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name.startsWith(PREFIX) && name !== CACHE));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (/^\/(api|docs|openapi\.json|asyncapi\.json|metrics|healthz|readyz)(\/|$)/.test(pathname)) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept("/")));
  else if (__FILES__.includes(pathname)) event.respondWith(kept(pathname));
});

async function kept(path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(path);
}

export {};
