// Something that may be wanted many times a second, and is done so often that it is up to date and no more often.

export interface Paced {
  /** Does it now, or when `every` has passed since it was done last. */
  (): void;
  /** Not any more. */
  stop(): void;
}

export function paced(every: number, deed: () => void): Paced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let done = -Infinity;
  const go = (): void => {
    timer = undefined;
    done = Date.now();
    deed();
  };
  const want = (): void => {
    timer ??= setTimeout(go, Math.max(0, done + every - Date.now()));
  };
  return Object.assign(want, { stop: () => clearTimeout(timer) });
}
