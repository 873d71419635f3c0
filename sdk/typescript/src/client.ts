// All of it for a program: follow, publish, know what is unread and who is there.
import { overEvents } from "./events.js";
import { type FollowOptions, type Follower, Following, pause } from "./following.js";
import { Refused, ask, within } from "./http.js";
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
  room_id?: string | undefined;
  room_key?: string | undefined;
  type: string;
  data: Readonly<Record<string, unknown>>;
  /** Your own name of it; made up unless given. */
  dedupe_key?: string | undefined;
  /** Of a service key: for whom it speaks. */
  publisher_id?: string | undefined;
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

export interface PublishOptions {
  /** For how long to send again what may not have arrived, in milliseconds: a minute, unless given. The last answer is given five seconds. */
  patience?: number | undefined;
  /** Ends it at once; what was sent may have arrived. */
  signal?: AbortSignal | undefined;
}

/** How long to wait after the first time something may not have arrived, and at most. */
const [WAIT, LONGEST_WAIT] = [500, 10_000];
/** How long to wait for an answer, at least and at most, before it is lost. */
const [LEAST_PATIENCE, MOST_PATIENCE] = [5_000, 30_000];

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
        for (const listener of this.#present()) listener.hear(event);
        follower.event(event);
      },
      reload: (stream, why) => {
        for (const listener of this.#present()) listener.reload(stream);
        follower.reload(stream, why);
      },
      connected: (yes) => follower.connected?.(yes),
      resumed: (stream) => {
        for (const listener of this.#present()) if (listener instanceof Presence) listener.reload(stream);
        follower.resumed?.(stream);
      },
      ended: (stream, reason) => {
        for (const listener of this.#present()) if (listener instanceof Presence && listener.room === stream) listener.stop();
        follower.ended?.(stream, reason);
      },
      stopped: (why) => follower.stopped?.(why),
    };
    return new Following(transport, streams, all, options);
  }

  /** What is unread, kept up to date by what is followed, until `stop`: `me`, and the rooms that shall be counted live. */
  unread(changed?: (unread: Unread) => void): Unread {
    const unread: Unread = new Unread((signal) => ask<UnreadCounts>(this.#options, "GET", "/api/v1/rooms/unread", undefined, signal), () => changed?.(unread));
    this.#listeners.add(unread);
    unread.reload();
    return unread;
  }

  /** Who is in `room`, kept up to date while it is followed, until `stop`. */
  presence(room: string, changed?: (presence: Presence) => void): Presence {
    const path = `/api/v1/rooms/${encodeURIComponent(room)}/presence`;
    const presence: Presence = new Presence(room, (signal) => ask<PresenceView>(this.#options, "GET", path, undefined, signal), () => changed?.(presence));
    this.#listeners.add(presence);
    presence.read();
    return presence;
  }

  /** Publishes once, however often it has to be sent until its answer arrives. */
  async publish(publication: Publication, { patience = 60_000, signal }: PublishOptions = {}): Promise<Published> {
    const body = { ...publication, dedupe_key: publication.dedupe_key ?? made() };
    const latest = Date.now() + patience;
    for (let tried = 0; ; tried++) {
      const left = Math.min(Math.max(latest - Date.now(), LEAST_PATIENCE), MOST_PATIENCE);
      try {
        return await within(left, signal, (over) => ask<Published>(this.#options, "POST", "/api/v1/notifications/publish", body, over));
      } catch (error) {
        const isForLater = error instanceof Refused ? error.status === 429 || error.status >= 500 : true;
        const wait = Math.min(WAIT * 2 ** tried, LONGEST_WAIT) * (0.5 + Math.random() / 2);
        const least = (error instanceof Refused ? error.retryAfter : undefined) ?? 0;
        if (!isForLater || signal?.aborted || Date.now() + Math.max(wait, least) > latest) throw error;
        await pause(Math.max(wait, least), signal, least);
        if (signal?.aborted) throw error;
      }
    }
  }

  /** Notes that `room` is read up to a position. It never goes back. */
  async markRead(room: string, upTo: string): Promise<Read> {
    const read = await ask<Read>(this.#options, "PUT", `/api/v1/rooms/${encodeURIComponent(room)}/read`, { up_to: upTo });
    for (const listener of this.#present()) if (listener instanceof Unread) listener.mark(read);
    return read;
  }

  /** Asks the API for anything else, with the token and its renewal. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    return ask<T>(this.#options, method, path, body);
  }

  /** Those that were not stopped. */
  #present(): (Unread | Presence)[] {
    for (const listener of this.#listeners) if (listener.isOver) this.#listeners.delete(listener);
    return [...this.#listeners];
  }
}

/** A name that nothing else has. `crypto.randomUUID` is not there under the plain address of a home network. */
function made(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
