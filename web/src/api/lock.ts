// One tab at a time. Browsers have locks over TLS and on this machine; under a plain address of a home network they have none,
// and there each tab does for itself what one would do for all.

function locks(): LockManager | undefined {
  return (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined;
}

/** Whether tabs can agree on who does something for all of them. */
export function hasLocks(): boolean {
  return locks() !== undefined;
}

/** Does `work` while no other tab of this browser does. */
export async function alone<T>(name: string, work: () => Promise<T>, stop?: AbortSignal): Promise<T> {
  return locks()?.request(name, stop ? { signal: stop } : {}, work) ?? work();
}
