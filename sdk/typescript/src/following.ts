// One connection after the other, through every interruption: what docs/streams.md promises, kept on this side. How words travel is
// the transports' business (events.ts, socket.ts).
import { step } from "./places.js";
import { type Connection, Left, type StreamEvent, type Transport, type Why, type Word } from "./word.js";

/** Who follows, and is told. */
export interface Follower {
  /** An event, each once and in the order of its stream. */
  event(event: StreamEvent): void;
  /**
   * Events of `stream` may be missing before this place: load what you show of it anew. So it begins, too. What happens after this call is
   * told, so whoever loads now misses nothing.
   */
  reload(stream: string, why: Why): void;
  /** Whether events arrive at this moment. */
  connected?(yes: boolean): void;
  /** Another connection hears `stream` from here on, or the first one. What is kept nowhere, `presence.update`, may have been missed. */
  resumed?(stream: string): void;
  /** `stream` is followed no longer: `forbidden`, the right to it has ended, or `gone`, so has the room. */
  ended?(stream: string, reason: string): void;
  /** Nothing is followed any more, and coming back would not help: nobody is signed in, or the server does not understand. */
  stopped?(why: Error): void;
}

export interface FollowOptions {
  /** Where to go on, by stream: what `positions` said before. Streams that are not named begin now. */
  since?: Readonly<Record<string, string>> | undefined;
  /** Ends it. */
  stop?: AbortSignal | undefined;
  /** How to wait, no less than `least` of it; tests do so without waiting. */
  sleep?: ((ms: number, stop: AbortSignal, least: number) => Promise<void>) | undefined;
  /** How long to hear nothing before the connection counts as dead, in milliseconds: twice the server's pulse, unless given. */
  silence?: number | undefined;
}

/** Longer than two of the server's pulses: whoever hears nothing for so long hears nobody. */
const SILENCE = 32_000;
const [FIRST_WAIT, LONGEST_WAIT] = [1_000, 30_000];
/** What one connection may follow. */
const MOST_STREAMS = 50;

/** Streams that are being followed. */
export class Following {
  /** Resolves when nothing is followed any more. */
  readonly done: Promise<void>;
  readonly #transport: Transport;
  readonly #follower: Follower;
  readonly #places = new Map<string, string | undefined>();
  readonly #over = new AbortController();
  readonly #sleep: (ms: number, stop: AbortSignal, least: number) => Promise<void>;
  readonly #silence: number;
  #connection: { its: Connection; cut: AbortController } | undefined;
  #isAnew = false;
  #isConnected = false;
  #wake: () => void = () => undefined;

  constructor(transport: Transport, streams: Iterable<string>, follower: Follower, { since = {}, stop, sleep = pause, silence = SILENCE }: FollowOptions = {}) {
    this.#transport = transport;
    this.#follower = follower;
    this.#sleep = sleep;
    this.#silence = silence;
    for (const stream of bounded(streams)) this.#places.set(stream, since[stream]);
    if (stop?.aborted) this.stop();
    stop?.addEventListener("abort", () => this.stop(), { once: true });
    this.done = this.#run();
  }

  /** Which streams are followed. */
  get streams(): string[] {
    return [...this.#places.keys()];
  }

  /** Where it is in each stream, for `since` of the next time. */
  get positions(): Record<string, string> {
    return Object.fromEntries([...this.#places].filter((place): place is [string, string] => place[1] !== undefined));
  }

  /**
   * Follows these streams from now on. Those that go on miss nothing.
   * @throws {RangeError} if they are more than one connection may follow.
   */
  change(streams: Iterable<string>): void {
    const wanted = bounded(streams);
    const removed = this.streams.filter((stream) => !wanted.has(stream));
    const added = [...wanted].filter((stream) => !this.#places.has(stream));
    if (removed.length + added.length === 0) return;
    for (const stream of removed) this.#places.delete(stream);
    for (const stream of added) this.#places.set(stream, undefined);
    if (this.#connection?.its.change && this.#places.size > 0) {
      this.#connection.its.change(added, removed);
    } else if (this.#connection) {
      this.#isAnew = true;
      this.#connection.cut.abort();
    }
    this.#wake();
  }

  stop(): void {
    this.#over.abort();
    this.#connection?.cut.abort();
    this.#wake();
  }

  async #run(): Promise<void> {
    let [failures, wasNow] = [0, false];
    while (!this.#over.signal.aborted) {
      if (this.#places.size === 0) {
        this.#told(false);
        await new Promise<void>((wake) => (this.#wake = wake));
        continue;
      }
      const { opened, retry, error } = await this.#attempt();
      if (this.#over.signal.aborted) break;
      if (this.#isAnew) {
        this.#isAnew = false;
        continue;
      }
      this.#told(false);
      const left = error instanceof Left ? error : undefined;
      for (const stream of left?.lost ?? []) this.#end(stream, "forbidden");
      if (left?.back === "never") {
        this.#say(() => this.#follower.stopped?.(left));
        break;
      }
      const isNow = left?.back === "now" && !wasNow;
      wasNow = isNow;
      if (isNow) continue;
      failures = left?.back === "slower" ? Math.min(failures + 2, 5) : opened ? 0 : Math.min(failures + 1, 5);
      // The server has put chance into what it said, so that not everybody comes back at once; what we make up has some of its own.
      const wait = opened && failures === 0 && retry !== undefined ? retry : Math.min(FIRST_WAIT * 2 ** Math.max(failures - 1, 0), LONGEST_WAIT) * (0.5 + Math.random() / 2);
      const least = left?.wait ?? 0;
      await this.#sleep(Math.max(wait, least), this.#over.signal, least);
    }
    this.#told(false);
  }

  /** Follows one connection to its end. */
  async #attempt(): Promise<{ opened: boolean; retry: number | undefined; error: unknown }> {
    const cut = new AbortController();
    const its = this.#transport(this.#places, cut.signal);
    this.#connection = { its, cut };
    let [opened, retry, error]: [boolean, number | undefined, unknown] = [false, undefined, undefined];
    let timer = setTimeout(() => cut.abort(), this.#silence);
    try {
      for await (const word of until(cut.signal, its)) {
        clearTimeout(timer);
        timer = setTimeout(() => cut.abort(), this.#silence);
        if (word.word === "open") this.#told((opened = true));
        else if (word.word === "retry") retry = word.ms;
        else this.#hear(word);
      }
    } catch (thrown) {
      error = thrown;
    }
    clearTimeout(timer);
    this.#connection = undefined;
    cut.abort();
    return { opened, retry, error };
  }

  #hear(word: Word): void {
    if (word.word === "event") {
      const { event } = word;
      if (!this.#places.has(event.stream)) return;
      const how = event.id === undefined ? "next" : step(this.#places.get(event.stream), event.id);
      if (how === "seen") return;
      // It cannot be. Should it be all the same, the log is asked for what lies between, and nothing is passed over.
      if (how === "hole") throw new Error(`${event.stream} goes on with ${String(event.id)} after ${String(this.#places.get(event.stream))}`);
      if (event.id !== undefined) this.#places.set(event.stream, event.id);
      this.#say(() => this.#follower.event(event));
    } else if (word.word === "ready" || word.word === "gap") {
      const before = this.#places.get(word.stream);
      if (!this.#places.has(word.stream)) return;
      this.#places.set(word.stream, word.head);
      // Whoever was at the head already has nothing to load.
      if (word.word === "gap" || before !== word.head) this.#say(() => this.#follower.reload(word.stream, word.why));
    } else if (word.word === "ended") {
      this.#end(word.stream, word.reason);
    } else if (word.word === "on" && this.#places.has(word.stream)) {
      this.#say(() => this.#follower.resumed?.(word.stream));
    }
  }

  #end(stream: string, reason: string): void {
    if (this.#places.delete(stream)) this.#say(() => this.#follower.ended?.(stream, reason));
  }

  #told(yes: boolean): void {
    if (yes === this.#isConnected) return;
    this.#isConnected = yes;
    this.#say(() => this.#follower.connected?.(yes));
  }

  /** What a follower throws is its own: reported as any uncaught error, and the streams go on. */
  #say(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function bounded(streams: Iterable<string>): Set<string> {
  const all = new Set(streams);
  if (all.size > MOST_STREAMS) throw new RangeError(`one connection follows at most ${String(MOST_STREAMS)} streams, and these are ${String(all.size)}`);
  return all;
}

/** The words of a connection until `stop`, which does not wait for one that says nothing any more, nor for its end. */
async function* until(stop: AbortSignal, its: Connection): AsyncGenerator<Word> {
  const words = its[Symbol.asyncIterator]();
  let leave: () => void = () => undefined;
  stop.addEventListener("abort", () => leave(), { once: true });
  try {
    while (!stop.aborted) {
      const next = await new Promise<IteratorResult<Word> | undefined>((resolve, reject) => {
        leave = () => resolve(undefined);
        words.next().then(resolve, reject);
      });
      // What was on its way when somebody wanted something else is heard by the next connection.
      if (next === undefined || next.done || stop.aborted) return;
      yield next.value;
    }
  } finally {
    void words.return?.().catch(() => undefined);
  }
}

/** Waits, but no longer than until the device has a network again, or somebody looks at the page again, and `least` in any case. */
export function pause(ms: number, stop?: AbortSignal, least = 0): Promise<void> {
  return new Promise((resolve) => {
    if (stop?.aborted) return resolve();
    const [began, over] = [Date.now(), new AbortController()];
    const end = (): void => (over.abort(), resolve());
    const early = (): void => {
      if (!globalThis.document?.hidden && Date.now() - began >= least) end();
    };
    const timer = setTimeout(end, ms);
    over.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    const { signal } = over;
    stop?.addEventListener("abort", end, { signal });
    globalThis.addEventListener?.("online", early, { signal });
    globalThis.document?.addEventListener("visibilitychange", early, { signal });
  });
}
