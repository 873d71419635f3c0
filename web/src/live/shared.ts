// One stream for all tabs of a browser: the tab that holds the lock follows it and tells the others. When it is closed, another
// one takes the lock, and follows on.
import { type Follower as Told, Following, type StreamEvent, type Way, overEvents } from "@campanile/client";

import { api, must, session } from "../api/client";
import { alone, hasLocks } from "../api/lock";
import { answerInPage, isDemo } from "../demo/mode";

/** Streams of one connection, as many as the server allows beside one's own. */
const MOST_ROOMS = 49;
/** How long after a connection that was refused for good another one is tried; later each time. */
const [ANEW, LATEST] = [3_000, 60_000];

/** What somebody who follows wants to know. */
export interface Follower {
  event(event: StreamEvent): void;
  /** Events of `stream`, or of all, may have been missed: what is shown has to be loaded anew. */
  reload(stream?: string): void;
  /** Another connection hears `stream` from here on: what is kept nowhere may have been missed. */
  resumed(stream: string): void;
  /** Whether events arrive at this moment. */
  connected(yes: boolean): void;
}

type Message = { event: StreamEvent } | { reload: string | undefined } | { resumed: string } | { connected: boolean } | { asked: true } | { leads: true } | { watched: string };

const way: Way = isDemo ? { fetch: answerInPage } : { token: (refused) => (refused === undefined ? session.token() : session.renew(refused)) };

/** Tells `follower` everything that happens to whoever is signed in, and in their rooms, until `stop`. Answers how to say that a room is looked at. */
export function shared(follower: Follower, stop: AbortSignal): (room: string) => void {
  if (isDemo || !hasLocks()) {
    const leader = new Leader(follower, stop, !isDemo);
    return (room) => leader.watch(room);
  }
  const tabs = new BroadcastChannel("campanile-live");
  let leader: Leader | undefined;
  let [connected, watched]: [boolean, string | undefined] = [false, undefined];
  const tell = (message: Message): void => {
    if (!stop.aborted) tabs.postMessage(message);
  };
  const watch = (room: string): void => (leader ? leader.watch(room) : tell({ watched: room }));
  const repeat = (): void => {
    if (watched !== undefined) watch(watched);
  };
  tabs.onmessage = ({ data }: MessageEvent<Message>) => {
    if ("event" in data) follower.event(data.event);
    else if ("reload" in data) follower.reload(data.reload);
    else if ("resumed" in data) follower.resumed(data.resumed);
    else if ("connected" in data) follower.connected(data.connected);
    else if ("watched" in data) leader?.watch(data.watched);
    else if ("leads" in data) repeat();
    else if (leader) tell({ connected });
  };
  tell({ asked: true });
  stop.addEventListener("abort", () => tabs.close(), { once: true });

  const lead = async (): Promise<void> => {
    // The tab that led before may have been told something that it could not pass on.
    follower.reload();
    const both: Follower = {
      event: (event) => (follower.event(event), tell({ event })),
      reload: (stream) => (follower.reload(stream), tell({ reload: stream })),
      resumed: (stream) => (follower.resumed(stream), tell({ resumed: stream })),
      connected: (yes) => {
        connected = yes;
        follower.connected(yes);
        tell({ connected: yes });
      },
    };
    leader = new Leader(both, stop);
    repeat();
    tell({ leads: true });
    await leader.done;
    leader = undefined;
  };
  void alone("campanile-live", lead, stop).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
  return (room) => {
    watched = room;
    repeat();
  };
}

/** Follows one's own stream, and those of one's rooms: those that are looked at, and those one came into last. */
class Leader {
  /** Resolves when it is stopped. */
  readonly done: Promise<void>;
  readonly #stop: AbortSignal;
  #following: Following | undefined;
  #rooms: string[] = [];
  #watched: string[] = [];
  #refusals = 0;
  #isLooking = false;
  #isStale = true;

  /** Where each tab follows for itself it does so `whileSeen`: browsers open few connections to one server. */
  constructor(
    follower: Follower,
    stop: AbortSignal,
    private readonly whileSeen = false,
  ) {
    this.#stop = stop;
    const told: Told = {
      event: (event) => {
        if (event.stream === "me" && event.kind === "room.changed") this.#look();
        follower.event(event);
      },
      reload: (stream) => {
        if (stream === "me") this.#look();
        follower.reload(stream);
      },
      resumed: (stream) => follower.resumed(stream),
      connected: (yes) => {
        if (yes) this.#refusals = 0;
        if (yes && this.#isStale) this.#look();
        follower.connected(yes);
      },
      ended: (stream) => {
        this.#watched = this.#watched.filter((room) => room !== stream);
        follower.reload(stream);
      },
    };
    if (whileSeen) document.addEventListener("visibilitychange", () => this.#follow(), { signal: stop });
    this.done = this.#lead(told);
  }

  async #lead(told: Told): Promise<void> {
    for (;;) {
      this.#following = new Following(overEvents(way), this.#wanted(), told, { stop: this.#stop });
      await this.#following.done;
      if (this.#stop.aborted) return;
      // What is wrong with one room must not silence everything. Without a session, whoever shows the page stops this.
      [this.#watched, this.#rooms, this.#isStale] = [[], [], true];
      await new Promise<void>((anew) => {
        const timer = setTimeout(anew, Math.min(ANEW * 2 ** this.#refusals++, LATEST));
        this.#stop.addEventListener("abort", () => (clearTimeout(timer), anew()), { once: true });
      });
    }
  }

  watch(room: string): void {
    this.#watched = [room, ...this.#watched.filter((other) => other !== room)].slice(0, MOST_ROOMS);
    this.#follow();
  }

  /** Asks which rooms there are; what changes meanwhile is asked for again. */
  #look(): void {
    this.#isStale = true;
    if (!this.#isLooking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#isLooking = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const { items } = await must(api.GET("/api/v1/rooms", { params: { query: { limit: MOST_ROOMS } } }));
        this.#rooms = items.map(({ id }) => id);
        if (!this.#stop.aborted) this.#follow();
      }
    } catch {
      // The server is not there, and neither is the stream: asked for again when that is heard.
      this.#isStale = true;
    }
    this.#isLooking = false;
  }

  #wanted(): string[] {
    if (this.whileSeen && document.hidden) return [];
    return ["me", ...[...new Set([...this.#watched, ...this.#rooms])].slice(0, MOST_ROOMS)];
  }

  #follow(): void {
    this.#following?.change(this.#wanted());
  }
}
