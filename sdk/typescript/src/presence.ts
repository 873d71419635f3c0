// Who is in a room at this moment (docs/rooms.md, "Who is there").
import { Errand } from "./errand.js";
import type { StreamEvent } from "./word.js";

export interface Present {
  user_id: string;
  name?: string;
  last_seen_at?: string;
  connections?: number;
}

/** What `GET /api/v1/rooms/{id}/presence` answers. */
export interface PresenceView {
  members: readonly Present[];
  count: number;
  version: number;
}

/** A room where many come and go is asked for once a second at most. */
const PACE = { rest: 1_000 };
/** So often an answer may be older than what was heard; one of another node may always be. */
const TRIES = 3;
/** So many an answer names. Where more are there it never names all, and asking anew would not help. */
const MOST_NAMED = 1_000;

/** Those who are there, kept up to date by `presence.update`. */
export class Presence {
  #members: ReadonlyMap<string, Present> = new Map();
  #version = -1;
  #tries = 0;
  #isOver = false;
  readonly #reading: Errand<PresenceView>;

  /** `load` asks the server; `changed` is told after every change. */
  constructor(
    readonly room: string,
    load: (signal: AbortSignal) => Promise<PresenceView>,
    private readonly changed: () => void = () => undefined,
  ) {
    this.#reading = new Errand(load, (view) => this.#take(view), PACE);
  }

  get members(): Present[] {
    return [...this.#members.values()];
  }

  has(user: string): boolean {
    return this.#members.has(user);
  }

  /** Whether it was stopped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Hears an event of any stream. */
  hear({ stream, kind, data }: StreamEvent): void {
    if (this.#isOver || stream !== this.room || kind !== "presence.update") return;
    const { joined, left, count, version } = data as { joined: string[]; left: string[]; count: number; version: number };
    if (version <= this.#version) return;
    const members = new Map(this.#members);
    for (const user_id of left) members.delete(user_id);
    for (const user_id of joined) members.set(user_id, { user_id });
    this.#members = members;
    this.#version = version;
    this.changed();
    // An update is kept nowhere: whether one was missed shows in how many there are.
    if (members.size !== count && count <= MOST_NAMED) this.read();
  }

  /** Something may have been missed: what is told of who comes and goes is kept nowhere. The server may have begun to count anew. */
  reload(stream: string): void {
    if (stream !== this.room) return;
    this.#version = -1;
    this.read();
  }

  /** Asks who is there. */
  read(): void {
    if (!this.#isOver) this.#reading.want();
  }

  /** Asks nothing any more, and keeps what it knows. */
  stop(): void {
    this.#isOver = true;
    this.#reading.stop();
  }

  #take({ members, version }: PresenceView): void {
    // Somebody came or went while the answer was on its way.
    if (version < this.#version && ++this.#tries < TRIES) return this.read();
    this.#tries = 0;
    this.#members = new Map(members.map((member) => [member.user_id, member]));
    this.#version = version;
    this.changed();
  }
}
