// The log of one room, as far back as somebody has looked: an unbroken piece up to its end. What is heard is taken if it is the next; otherwise
// the log is asked for what lies between, so nothing is shown twice or passed over. However much happens, so much is kept of it as somebody can
// look at: what was said anew since, and what is long past, goes while they look at the end, and what comes waits in the log while they read what
// was before.
import type { StreamEvent } from "@campanile/client";

import { api, must } from "../../api/client";
import { Postponed, Unreached } from "../../api/problem";
import type { RoomEvent, RoomEvents } from "../../api/schema";
import { condensed, seqOf, startOf } from "./fold";

const [PAGE, LONG_PAGE] = [50, 500];
/** What is kept at the end: so many items, of no more events than that; and what may come while somebody reads what was before. */
const [MOST_ITEMS, MOST_KEPT, MOST_COME] = [300, 2_000, 1_000];
/** Many events may tell of one thing: it is read on until there is something to see, or so many long pages were read. */
const [FEW_ITEMS, MOST_READ] = [20, 4];
/** What comes within a frame is shown together. */
const FRAME = 16;
/** No log was ever there: the answer is a gap that says where this one ends. */
const NOWHERE = "0-0";

/** What somebody here has just done: an event that the log does not have yet, and where the log ended then. */
interface Wish {
  event: RoomEvent;
  since: number;
  /** The server could not be told: it waits on this device until it can. */
  isWaiting: boolean;
  /** Its `Idempotency-Key`, where it may wait. */
  key: string | undefined;
}

/** What waits on this device to be said here. */
export interface Said {
  key: string;
  at: string;
  by: string;
  data: object;
}

export class Feed {
  #log = $state.raw<readonly RoomEvent[]>([]);
  #wishes = $state.raw<readonly Wish[]>([]);
  /** Events that told what was wished, while something else is wished. */
  #taken: readonly string[] = [];
  #isRead = $state(false);
  #isWhole = $state(false);
  #failure = $state.raw<unknown>();
  #busy: Promise<void> = Promise.resolve();
  #isOver = false;
  /** Whether a reading waits that reads on from what is known by then. */
  #isBehind = false;
  #heard: RoomEvent[] = [];
  #frame: ReturnType<typeof setTimeout> | undefined;
  #isFollowed = true;
  /** How much has come since it is not followed. */
  #come = 0;

  /** `ask` reads a page of the log of a room. */
  constructor(
    private readonly room: string,
    private readonly ask: typeof pageOf = pageOf,
  ) {}

  /** What happened, and after it what somebody here has just done and the server has not told yet. */
  get events(): readonly RoomEvent[] {
    return [...this.#log, ...this.#untold()];
  }

  /** Whether it was read at all. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Whether it begins with the first event that is kept. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /** Why the last reading failed, if it did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The position of the last event. */
  get head(): string | undefined {
    return this.#log.at(-1)?.id;
  }

  /** Reads the end of the log. */
  open(): Promise<void> {
    return this.#inTurn(() => this.#open());
  }

  /** Whether somebody looks at its end. */
  follow(yes: boolean): void {
    const wasLate = this.#isLate;
    [this.#isFollowed, this.#come] = [yes, 0];
    this.#trim();
    if (wasLate) void this.catchUp();
  }

  /** Reads on from what is known; after a gap, or far behind, the end anew. */
  catchUp(): Promise<void> {
    if (this.#isBehind || this.#isLate) return this.#busy;
    this.#isBehind = true;
    return this.#inTurn(async () => {
      this.#isBehind = false;
      const head = this.head;
      if (head === undefined) return this.#open();
      let [since, read] = [head, 0];
      for (;;) {
        const page = await this.ask(this.room, since, LONG_PAGE);
        if (page.gap) return this.#open();
        this.#append(page.events);
        if (!page.has_more || this.#isLate) return;
        read += page.events.length;
        if (read >= LONG_PAGE && this.#isFollowed) return this.#open();
        since = page.last_id;
      }
    });
  }

  /** Reads a page of what was before. */
  older(): Promise<void> {
    return this.#inTurn(async () => {
      const first = this.#log[0];
      if (!first || !(await this.#older(PAGE))) return this.#open();
      await this.#fill(() => this.#log.slice(0, this.#log.findIndex((event) => event === first)));
    });
  }

  /** Hears an event of the room. */
  hear({ id, data }: StreamEvent): void {
    if (id === undefined) return;
    // What is being read need not hold it.
    if (!this.#isRead) return void this.catchUp();
    if (this.#isLate) return;
    this.#heard.push({ ...(data as Omit<RoomEvent, "id">), id });
    this.#frame ??= setTimeout(() => this.#take(), FRAME);
  }

  /**
   * Shows at once what a wish will make happen, and sends it. What the server has made of it takes its place; if it is refused, nothing
   * happened.
   */
  async attempt<A>(type: string, data: object, by: string, send: () => Promise<A>, key?: string): Promise<A> {
    const wish: Wish = { ...this.#wish(type, data, by, new Date().toISOString()), isWaiting: false, key };
    this.#wishes = [...this.#wishes, wish];
    try {
      const answer = await send();
      await this.catchUp();
      return answer;
    } catch (error) {
      wish.isWaiting = error instanceof Postponed;
      throw error;
    } finally {
      if (!wish.isWaiting) this.#forget([wish]);
    }
  }

  /** All that waits on this device to be said here. What waited and does so no more has happened, or was refused. */
  async waits(said: readonly Said[]): Promise<void> {
    const shown = new Set(this.#wishes.map(({ key }) => key));
    const fresh = said.filter(({ key }) => !shown.has(key)).map(({ key, at, by, data }): Wish => ({ ...this.#wish("comment.created", data, by, at), isWaiting: true, key }));
    this.#wishes = [...this.#wishes, ...fresh];
    const waiting = new Set<string | undefined>(said.map(({ key }) => key));
    const over = this.#wishes.filter(({ isWaiting, key }) => isWaiting && !waiting.has(key));
    if (over.length === 0) return;
    await this.catchUp();
    this.#forget(over);
  }

  /** Nobody looks any more. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#frame);
  }

  /** So much has come that it waits in the log. */
  get #isLate(): boolean {
    return this.#come > MOST_COME;
  }

  /** Takes what was heard, as far as it goes on from what is known. */
  #take(): void {
    this.#frame = undefined;
    const heard = this.#heard;
    this.#heard = [];
    const fresh: RoomEvent[] = [];
    for (const event of heard) {
      const last = fresh.at(-1)?.id ?? this.head;
      const isHere = last !== undefined && epochOf(last) === epochOf(event.id);
      if (isHere && seqOf(event.id) <= seqOf(last)) continue;
      if (!isHere || seqOf(event.id) > seqOf(last) + 1) {
        void this.catchUp();
        break;
      }
      fresh.push(event);
    }
    this.#append(fresh);
  }

  /** What was said may be told by the stream before the answer comes: it is not shown twice. */
  #untold(): RoomEvent[] {
    const told = this.#told();
    return this.#wishes.filter((wish) => !told.has(wish)).map(({ event }) => event);
  }

  /** The events that tell what is wished, each of one wish. */
  #told(): Map<Wish, string> {
    const told = new Map<Wish, string>();
    const taken = new Set(this.#taken);
    for (const wish of this.#wishes) {
      const { event: { type, publisher_id, data }, since } = wish;
      if (type !== "comment.created") continue;
      const its = this.#log.find((event) => seqOf(event.id) > since && !taken.has(event.id) && event.type === type && event.publisher_id === publisher_id && textOf(event.data) === textOf(data));
      if (!its) continue;
      taken.add(its.id);
      told.set(wish, its.id);
    }
    return told;
  }

  #wish(type: string, data: object, by: string, at: string): Pick<Wish, "event" | "since"> {
    const event_id = `wish-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    const head = this.head ?? "1-0";
    return { event: { id: `${epochOf(head)}-Infinity`, at, event_id, type, publisher_id: by, data: data as Record<string, never> }, since: seqOf(head) };
  }

  #forget(wishes: readonly Wish[]): void {
    const told = this.#told();
    const taken = wishes.flatMap((wish) => told.get(wish) ?? []);
    this.#wishes = this.#wishes.filter((wish) => !wishes.includes(wish));
    // The same words, said once more, are told by another event.
    this.#taken = this.#wishes.length === 0 ? [] : [...this.#taken, ...taken];
  }

  async #open(): Promise<void> {
    const { last_id: head } = await this.ask(this.room, NOWHERE, 1);
    const from = Math.max(0, seqOf(head) - PAGE);
    let page = await this.#read(`${epochOf(head)}-${String(from)}`, LONG_PAGE);
    const isTrimmed = page.gap !== undefined && page.gap !== null;
    if (isTrimmed) page = await this.#read(undefined, LONG_PAGE);
    // What waited before anything was read comes after all of it.
    if (!this.#isRead) for (const wish of this.#wishes) wish.since = seqOf(head);
    this.#log = page.events;
    this.#isWhole = isTrimmed || from === 0;
    this.#isRead = true;
    await this.#fill(() => this.#log);
  }

  /** Reads `size` events of what was before; answers whether it is the same log. */
  async #older(size: number): Promise<boolean> {
    const first = this.#log[0];
    if (!first || this.#isWhole) return true;
    const before = seqOf(first.id);
    const from = Math.max(0, before - 1 - size);
    let page = await this.#read(`${epochOf(first.id)}-${String(from)}`, before - 1 - from);
    // Older ones are kept no more.
    const isTrimmed = page.gap?.reason === "trimmed";
    if (page.gap && !isTrimmed) return false;
    if (isTrimmed) page = await this.#read(undefined, size);
    // It has gone meanwhile, and this would not end where the rest begins.
    if (this.#log[0] !== first) return true;
    const events = page.events.filter(({ id }) => seqOf(id) < before);
    this.#log = [...events, ...this.#log];
    this.#isWhole = isTrimmed || from === 0 || events.length === 0;
    return true;
  }

  /** Reads on into what was before until there is something to see in `read`, if that takes no more than some pages. */
  async #fill(read: () => readonly RoomEvent[]): Promise<void> {
    for (let pages = 0; pages < MOST_READ && !this.#isWhole && startOf(read(), FEW_ITEMS) === undefined; pages++) {
      if (!(await this.#older(LONG_PAGE))) return;
    }
  }

  #append(events: readonly RoomEvent[]): void {
    const last = this.head === undefined ? -1 : seqOf(this.head);
    const fresh = events.filter(({ id }) => seqOf(id) > last);
    if (fresh.length === 0) return;
    this.#log = [...this.#log, ...fresh];
    if (!this.#isFollowed) this.#come += fresh.length;
    this.#trim();
  }

  #trim(): void {
    if (!this.#isFollowed || this.#log.length <= MOST_ITEMS) return;
    const log = condensed(this.#log);
    const start = Math.max(startOf(log, MOST_ITEMS) ?? 0, log.length - MOST_KEPT);
    this.#log = log.slice(start);
    if (start > 0) this.#isWhole = false;
  }

  /** At most `most` events after `since`, however many pages they are: one of large events ends early. */
  async #read(since: string | undefined, most: number): Promise<RoomEvents> {
    let page = await this.ask(this.room, since, Math.min(most, LONG_PAGE));
    let { events } = page;
    while (page.has_more && events.length < most) {
      page = await this.ask(this.room, page.last_id, Math.min(most - events.length, LONG_PAGE));
      if (page.gap) return page;
      events = [...events, ...page.events];
    }
    return { ...page, events };
  }

  /** One reading after the other. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#busy = this.#busy.then(async () => {
      if (this.#isOver) return;
      try {
        await work();
        this.#failure = undefined;
      } catch (failure) {
        // What is read stays; when the server is heard again, it is read on.
        if (!(failure instanceof Unreached) || !this.#isRead) this.#failure = failure;
      }
    });
    return this.#busy;
  }
}

function pageOf(room: string, since: string | undefined, limit: number): Promise<RoomEvents> {
  const query = { limit, ...(since === undefined ? {} : { since }) };
  return must(api.GET("/api/v1/rooms/{id}/events", { params: { path: { id: room }, query } }));
}

function textOf(data: RoomEvent["data"]): unknown {
  return (data as Record<string, unknown>)["text"];
}

function epochOf(position: string): string {
  return position.slice(0, position.indexOf("-"));
}
