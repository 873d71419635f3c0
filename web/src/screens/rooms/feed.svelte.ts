// The log of one room, as far back as somebody has looked: an unbroken piece up to its end. What is heard is taken if it is the next; otherwise
// the log is asked for what lies between, so nothing is shown twice or passed over.
import type { StreamEvent } from "@campanile/client";

import { api, must } from "../../api/client";
import { Unreached } from "../../api/problem";
import type { RoomEvent, RoomEvents } from "../../api/schema";
import { seqOf } from "./fold";

const [PAGE, LONG_PAGE] = [50, 500];
/** No log was ever there: the answer is a gap that says where this one ends. */
const NOWHERE = "0-0";

export class Feed {
  #log = $state.raw<readonly RoomEvent[]>([]);
  #wishes = $state.raw<readonly { event: RoomEvent; since: number }[]>([]);
  #isRead = $state(false);
  #isWhole = $state(false);
  #failure = $state.raw<unknown>();
  #busy: Promise<void> = Promise.resolve();
  #isOver = false;
  /** Whether a reading waits that reads on from what is known by then. */
  #isBehind = false;

  /** `ask` reads a page of the log of a room. */
  constructor(
    private readonly room: string,
    private readonly ask: typeof pageOf = pageOf,
  ) {}

  /** What happened, and after it what somebody here has just done and the server has not told yet. */
  get events(): readonly RoomEvent[] {
    return [...this.#log, ...this.#wishes.filter((wish) => !this.#isTold(wish)).map(({ event }) => event)];
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

  /** Reads on from what is known; after a gap, the end anew. */
  catchUp(): Promise<void> {
    if (this.#isBehind) return this.#busy;
    this.#isBehind = true;
    return this.#inTurn(async () => {
      this.#isBehind = false;
      const head = this.head;
      if (head === undefined) return this.#open();
      let since = head;
      for (;;) {
        const page = await this.ask(this.room, since, LONG_PAGE);
        if (page.gap) return this.#open();
        this.#append(page.events);
        if (!page.has_more) return;
        since = page.last_id;
      }
    });
  }

  /** Reads a page of what was before. */
  older(): Promise<void> {
    return this.#inTurn(async () => {
      const first = this.#log[0];
      if (!first || this.#isWhole) return;
      const before = seqOf(first.id);
      const from = Math.max(0, before - 1 - PAGE);
      let page = await this.#read(`${epochOf(first.id)}-${String(from)}`, before - 1 - from);
      // Older ones are kept no more.
      const isTrimmed = page.gap?.reason === "trimmed";
      if (page.gap && !isTrimmed) return this.#open();
      if (isTrimmed) page = await this.#read(undefined, PAGE);
      const events = page.events.filter(({ id }) => seqOf(id) < before);
      this.#log = [...events, ...this.#log];
      this.#isWhole = isTrimmed || from === 0 || events.length === 0;
    });
  }

  /** Hears an event of the room. */
  hear({ id, data }: StreamEvent): void {
    if (id === undefined) return;
    // What is being read need not hold it.
    if (!this.#isRead) return void this.catchUp();
    const last = this.head;
    const isNext = last !== undefined && epochOf(last) === epochOf(id) && seqOf(id) === seqOf(last) + 1;
    if (isNext) this.#append([{ ...(data as Omit<RoomEvent, "id">), id }]);
    else if (last === undefined || epochOf(last) !== epochOf(id) || seqOf(id) > seqOf(last)) void this.catchUp();
  }

  /**
   * Shows at once what a wish will make happen, and sends it. What the server has made of it takes its place; if it is refused, nothing
   * happened.
   */
  async attempt<A>(type: string, data: object, by: string, send: () => Promise<A>): Promise<A> {
    const event_id = `wish-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
    const head = this.head ?? "1-0";
    const event = { id: `${epochOf(head)}-Infinity`, at: new Date().toISOString(), event_id, type, publisher_id: by, data: data as Record<string, never> };
    const wish = { event, since: seqOf(head) };
    this.#wishes = [...this.#wishes, wish];
    try {
      const answer = await send();
      await this.catchUp();
      return answer;
    } finally {
      this.#wishes = this.#wishes.filter((each) => each !== wish);
    }
  }

  /** Nobody looks any more. */
  close(): void {
    this.#isOver = true;
  }

  /** What was said may be told by the stream before the answer comes: it is not shown twice. */
  #isTold({ event: { type, publisher_id, data }, since }: { event: RoomEvent; since: number }): boolean {
    return type === "comment.created" && this.#log.some((event) => seqOf(event.id) > since && event.type === type && event.publisher_id === publisher_id && textOf(event.data) === textOf(data));
  }

  async #open(): Promise<void> {
    const { last_id: head } = await this.ask(this.room, NOWHERE, 1);
    const from = Math.max(0, seqOf(head) - PAGE);
    let page = await this.#read(`${epochOf(head)}-${String(from)}`, LONG_PAGE);
    const isTrimmed = page.gap !== undefined && page.gap !== null;
    if (isTrimmed) page = await this.#read(undefined, LONG_PAGE);
    this.#log = page.events;
    this.#isWhole = isTrimmed || from === 0;
    this.#isRead = true;
  }

  #append(events: readonly RoomEvent[]): void {
    const last = this.head === undefined ? -1 : seqOf(this.head);
    const fresh = events.filter(({ id }) => seqOf(id) > last);
    if (fresh.length > 0) this.#log = [...this.#log, ...fresh];
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
