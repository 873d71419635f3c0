// Server-sent events over fetch, because a browser's EventSource cannot send a token in a header, and one in a URL is logged.
// The rules of the stream (ids, gap, close, silence) are those of docs/streams.md.

/** One event as it came. */
export interface Event {
  id: string;
  kind: string;
  data: unknown;
}

/** Reads the text of a stream as it arrives, in pieces of any size (WHATWG, 9.2.6). */
export class Parser {
  #rest = "";
  #kind = "";
  #data: string[] = [];
  #id = "";
  /** How long to wait before coming back, in milliseconds, once the server has said so. */
  retry: number | undefined;

  /** The events that are complete with `text`. */
  push(text: string): Event[] {
    const events: Event[] = [];
    // A carriage return at the end may be half of a line end: it waits for the next piece.
    const all = this.#rest + text;
    const whole = all.endsWith("\r") ? all.slice(0, -1) : all;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + all.slice(whole.length);
    for (const line of lines) {
      if (line === "") {
        const event = this.#dispatch();
        if (event) events.push(event);
      } else if (!line.startsWith(":")) {
        this.#field(line);
      }
    }
    return events;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#kind = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }

  #dispatch(): Event | undefined {
    const [kind, data] = [this.#kind || "message", this.#data.join("\n")];
    this.#kind = "";
    this.#data = [];
    if (data === "") return undefined;
    return { id: this.#id, kind, data: JSON.parse(data) as unknown };
  }
}

/** What somebody who follows wants to know. */
export interface Follower {
  /** An event of the log, each once and in order. */
  event(event: Event): void;
  /** Where it goes on is not where it stopped: what is shown has to be loaded anew. */
  reload(): void;
  /** Whether events arrive at this moment. */
  connected(yes: boolean): void;
}

/** Longer than two of the server's comments: whoever hears nothing for so long hears nobody. */
const SILENCE = 32_000;
const [FIRST_WAIT, LONGEST_WAIT] = [1_000, 30_000];

/** Follows the caller's own stream until `stop`, through every interruption. `open` asks for it from a position on. */
export async function follow(
  open: (position: string | undefined, stop: AbortSignal) => Promise<Response>,
  follower: Follower,
  stop: AbortSignal,
  sleep: (ms: number, stop: AbortSignal) => Promise<void> = pause,
): Promise<void> {
  let position: string | undefined;
  let failures = 0;
  while (!stop.aborted) {
    let wait = Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    const parser = new Parser();
    try {
      for await (const event of events(open, position, parser, stop, () => follower.connected(true))) {
        failures = 0;
        if (event.kind === "close") break;
        // `ready` without a position, and every gap: something may have happened that is not going to be told.
        if (event.kind === "gap" || (event.kind === "ready" && position === undefined)) follower.reload();
        else if (event.kind !== "ready") follower.event(event);
        if (event.id !== "") position = event.id;
      }
      wait = parser.retry ?? wait;
    } catch {
      failures = Math.min(failures + 1, 5);
    }
    follower.connected(false);
    if (!stop.aborted) await sleep(wait, stop);
  }
}

async function* events(
  open: (position: string | undefined, stop: AbortSignal) => Promise<Response>,
  position: string | undefined,
  parser: Parser,
  stop: AbortSignal,
  opened: () => void,
): AsyncGenerator<Event> {
  const silent = new AbortController();
  const either = AbortSignal.any([stop, silent.signal]);
  let timer = setTimeout(() => silent.abort(), SILENCE);
  try {
    const response = await open(position, either);
    if (!response.ok || !response.body) throw new Error(`the stream answered ${String(response.status)}`);
    // Whoever resumes where nothing has happened hears nothing for a while.
    opened();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENCE);
      yield* parser.push(value);
    }
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}

/** Waits, but no longer than until the device has a network again, or somebody looks at the page again. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = new AbortController();
    const end = (): void => (over.abort(), resolve());
    const timer = setTimeout(end, ms);
    over.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    const once = { once: true, signal: over.signal };
    stop.addEventListener("abort", end, once);
    globalThis.addEventListener?.("online", end, once);
    globalThis.document?.addEventListener("visibilitychange", end, once);
  });
}
