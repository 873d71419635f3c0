// All of it for a program: follow, publish, know what is unread and who is there.
import { overEvents } from "./events.js";
import { type FollowOptions, type Follower, Following } from "./following.js";
import { Refused, ask } from "./http.js";
import { Presence, type PresenceView } from "./presence.js";
import { type SocketWay, overSocket } from "./socket.js";
import { Unread, type UnreadCounts } from "./unread.js";
import type { StreamEvent } from "./word.js";

export interface Options extends SocketWay {
  /** How to follow: `events`, unless given, or `socket`, the better for more than a handful of rooms. */
  transport?: "events" | "socket" | undefined;
}

/** What is published. Give either `room_id` or `room_key`. */
export interface Publication {
  room_id?: string;
  room_key?: string;
  type: string;
  data: Readonly<Record<string, unknown>>;
  /** Your own name of it; made up unless given. */
  dedupe_key?: string;
  /** Of a service key: for whom it speaks. */
  publisher_id?: string;
}

export interface Published {
  event_id: string;
  room_id: string;
  duplicate: boolean;
}

export interface Read {
  room_id: string;
  up_to: string;
  unread: number;
  version: number;
}

/** How often a publication is sent that may not have arrived, and how long to wait after the first time. */
const [TRIES, WAIT] = [6, 500];

export class Campanile {
  readonly #options: Options;
  readonly #listeners = new Set<Unread | Presence>();

  constructor(options: Options = {}) {
    this.#options = options;
  }

  /** Follows `streams`, `me` or ids of rooms, on one connection and through every interruption. */
  follow(streams: Iterable<string>, follower: Follower, options: FollowOptions = {}): Following {
    const transport = this.#options.transport === "socket" ? overSocket(this.#options) : overEvents(this.#options);
    const all: Follower = {
      event: (event: StreamEvent) => {
        for (const listener of this.#listeners) listener.hear(event);
        follower.event(event);
      },
      reload: (stream, why) => {
        for (const listener of this.#listeners) listener.reload(stream);
        follower.reload(stream, why);
      },
      connected: (yes) => follower.connected?.(yes),
      ended: (stream, reason) => follower.ended?.(stream, reason),
      stopped: (why) => follower.stopped?.(why),
    };
    return new Following(transport, streams, all, options);
  }

  /** What is unread, kept up to date by what is followed: `me`, and the rooms that shall be counted live. */
  unread(changed?: (unread: Unread) => void): Unread {
    const unread: Unread = new Unread(() => ask<UnreadCounts>(this.#options, "GET", "/api/v1/rooms/unread"), () => changed?.(unread));
    this.#listeners.add(unread);
    unread.reload();
    return unread;
  }

  /** Who is in `room`, kept up to date while it is followed. */
  presence(room: string, changed?: (presence: Presence) => void): Presence {
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/presence`;
    const presence: Presence = new Presence(room, () => ask<PresenceView>(this.#options, "GET", path), () => changed?.(presence));
    this.#listeners.add(presence);
    void presence.read();
    return presence;
  }

  /** Publishes once, however often it has to be sent until its answer arrives. */
  async publish(publication: Publication): Promise<Published> {
    const body = { dedupe_key: crypto.randomUUID(), ...publication };
    for (let tried = 1; ; tried++) {
      try {
        return await ask<Published>(this.#options, "POST", "/api/v1/notifications/publish", body);
      } catch (error) {
        const isForLater = error instanceof Refused ? error.status === 429 || error.status >= 500 : true;
        if (!isForLater || tried === TRIES) throw error;
        const wait = WAIT * 2 ** (tried - 1) * (0.5 + Math.random() / 2);
        await new Promise((done) => setTimeout(done, Math.max(wait, (error instanceof Refused ? error.retryAfter : undefined) ?? 0)));
      }
    }
  }

  /** Notes that `room` is read up to a position. It never goes back. */
  async markRead(room: string, upTo: string): Promise<Read> {
    const read = await ask<Read>(this.#options, "PUT", `/api/v1/rooms/${encodeURIComponent(room)}/read`, { up_to: upTo });
    for (const listener of this.#listeners) if (listener instanceof Unread) listener.mark(read);
    return read;
  }

  /** Asks the API for anything else, with the token and its renewal. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return ask<T>(this.#options, method, path, body);
  }
}
