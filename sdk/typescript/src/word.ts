// What the two transports say to the core, whichever way it came.
import type { Places } from "./places.js";

/** Something that happened, in one of the streams that are followed. */
export interface StreamEvent {
  /** `me`, or the id of a room. */
  stream: string;
  /** Its position in that stream, `epoch-seq`; undefined of what is said to those who listen and kept nowhere (`presence.update`). */
  id: string | undefined;
  /** What happened, `notification.created`: docs/streams.md and docs/rooms.md list the product's own; programs publish others. */
  kind: string;
  data: unknown;
}

/** Why what is shown has to be loaded anew: the stream begins here, or the `reason` of a gap. */
export type Why = "ready" | "trimmed" | "epoch_changed" | "ahead_of_log" | "unreadable_position" | "log_damaged";

export type Word =
  | { word: "open" }
  /** What happens in this stream from here on is heard. */
  | { word: "on"; stream: string }
  /** Somebody is there. */
  | { word: "pulse" }
  /** Come back after so long, should this break. */
  | { word: "retry"; ms: number }
  | { word: "event"; event: StreamEvent }
  | { word: "ready" | "gap"; stream: string; head: string; why: Why }
  /** This stream, and no other, is at its end: `forbidden`, `gone`. */
  | { word: "ended"; stream: string; reason: string };

/** One connection: says words until it ends, and throws where the end means something ([`Left`]). */
export interface Connection extends AsyncIterable<Word> {
  /** Follows these from now on as well, and those no longer. One that cannot is closed, and another opened. */
  change?(added: readonly string[], removed: readonly string[]): void;
}

/** Opens a connection that follows `places`, whose map is kept up to date, until `stop`. */
export type Transport = (places: Places, stop: AbortSignal) => Connection;

/** How a connection ended, where that says what to do: come back at once, later, slower than usual, or never. */
export class Left extends Error {
  override readonly name = "Left";
  constructor(
    message: string,
    readonly back: "now" | "later" | "slower" | "never",
    /** The least that has to be waited, in milliseconds. */
    readonly wait = 0,
    /** Streams that cannot be followed any more. */
    readonly lost: readonly string[] = [],
  ) {
    super(message);
  }
}
