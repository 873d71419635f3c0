// One tab at a time. Browsers have locks over TLS and on this machine; under a plain address of a home network they have none,
// and there each tab does for itself what one would do for all: more connections, and nothing wrong.

/** Does `work` while no other tab of this browser does. */
export async function alone<T>(name: string, work: () => Promise<T>, stop?: AbortSignal): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
  return locks ? locks.request(name, stop ? { signal: stop } : {}, work) : work();
}
