// What was last read, kept on this device so that it can be read without the server: the answers to what screens show, by their
// address. Forgotten when somebody signs out. Browsers keep such things over TLS and on this machine; elsewhere nothing is kept.

const NAME = "campanile-read";
/** The time at which an answer came, in an answer that is recalled. */
export const READ_AT = "x-read-at";
/** The oldest go. A month of a calendar is one. */
const MOST = 100;
/** What screens show; nothing that is secret, and no stream. */
const KEPT = /^\/api\/v1\/(users\/me|schedules|tasks|notifications|categories|tags|statistics|reminders|free-slots)(\/|$)/;

function storage(): CacheStorage | undefined {
  return (globalThis as { caches?: CacheStorage }).caches;
}

/** Whether the answer to this is of those that are kept. */
export function isKept(request: Request): boolean {
  return request.method === "GET" && KEPT.test(new URL(request.url).pathname);
}

/** Keeps an answer. That it cannot be kept is no failure of the reading. */
export async function keep(request: Request, response: Response): Promise<void> {
  if (!response.ok || !isKept(request)) return;
  try {
    const cache = await storage()?.open(NAME);
    if (!cache) return;
    const headers = new Headers(response.headers);
    headers.set(READ_AT, new Date().toISOString());
    headers.delete("vary");
    await cache.put(request.url, new Response(await response.blob(), { headers }));
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST)).map((key) => cache.delete(key)));
  } catch {
    // The disk is full, or the browser keeps nothing in a private window.
  }
}

/** What was answered to the same before. */
export async function recall(request: Request): Promise<Response | undefined> {
  if (!isKept(request)) return undefined;
  const cache = await storage()
    ?.open(NAME)
    .catch(() => undefined);
  return cache?.match(request.url);
}

/** Nobody who comes after reads it. */
export async function forget(): Promise<void> {
  await storage()
    ?.delete(NAME)
    .catch(() => false);
}
