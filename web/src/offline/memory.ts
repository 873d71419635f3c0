// What was last read, kept on this device so that it can be read without the server: the answers to what screens show, by their
// address, for each person apart. Forgotten when they sign out. Browsers keep such things over TLS and on this machine; elsewhere
// nothing is kept.

const PREFIX = "campanile-read-";
/** Who was here last: whose memory it is when the page is opened without the server. An id, and no secret. */
const LAST = "campanile-last";
/** The time at which an answer came, in an answer that is recalled. */
export const READ_AT = "x-read-at";
/** The oldest go. A month of a calendar is one. */
const MOST = 100;
/**
 * What screens show; nothing that is secret, and no stream. Of rooms which there are and who is in them: each page of what happened
 * there is asked for once, and would only take the place of what is asked for again.
 */
const KEPT = /^\/api\/v1\/((users\/me|schedules|tasks|notifications|categories|tags|statistics|reminders|free-slots)(\/|$)|rooms(\/rom_\w+(\/members)?)?$)/;

let owner: string | undefined = globalThis.localStorage?.getItem(LAST) ?? undefined;

/** From now on it is the memory of `person`. */
export function belongsTo(person: string): void {
  owner = person;
  globalThis.localStorage?.setItem(LAST, person);
}

/** That of the present person, as whoever asks finds it: an answer that comes late is kept where it belongs. */
async function memory(person = owner): Promise<Cache | undefined> {
  return person === undefined ? undefined : storage()?.open(PREFIX + person);
}

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
    const cache = await memory();
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
  const cache = await memory().catch(() => undefined);
  return cache?.match(request.url);
}

/** Forgets what is at `path`, and below it: it is not this person's any more. */
export async function drop(path: string): Promise<void> {
  const cache = await memory().catch(() => undefined);
  for (const key of (await cache?.keys()) ?? []) if (`${new URL(key.url).pathname}/`.startsWith(`${path}/`)) await cache?.delete(key);
}

/** Nobody who comes after reads it. */
export async function forget(): Promise<void> {
  owner = undefined;
  globalThis.localStorage?.removeItem(LAST);
  const names = (await storage()?.keys().catch(() => [])) ?? [];
  await Promise.all(names.filter((name) => name.startsWith(PREFIX)).map((name) => storage()?.delete(name)));
}
