// The same over a WebSocket: streams come and go while the connection stays, and a position is that of its own stream.
import { Refused, type Way, addressOf, another, ask, leaving, send, tokenOf } from "./http.js";
import type { Places } from "./places.js";
import { type Connection, Left, type Transport, type Why, type Word } from "./word.js";

export interface SocketWay extends Way {
  /**
   * Opens the socket, for programs: they send the token as `Authorization`. Without it a ticket is asked for, as browsers have to, and
   * as only sessions can.
   */
  open?: ((url: string, token: string | undefined) => WebSocket) | undefined;
}

/** What the close codes of docs/streams.md say about coming back. */
export function backAfter(code: number): Left["back"] {
  if (code === 4429) return "slower";
  return [1002, 1003, 1007, 1008, 1009].includes(code) ? "never" : "later";
}

const REVOKED = 4401;
const OPEN = 1;
/** Refusals that stay what they are; any other is of the moment (docs/errors.md). */
const FINAL = ["room.not_found", "stream.not_found", "identity.forbidden", "stream.too_many_on_connection"];
const [FIRST_WAIT, LONGEST_WAIT] = [1_000, 30_000];

/** Follows by `GET /api/v1/socket`. */
export function overSocket(way: SocketWay): Transport {
  addressOf(way);
  return (places, stop) => new Socket(way, places, stop);
}

interface Said {
  event: string;
  stream?: string;
  id?: string;
  data?: { head?: string; reason?: string; retry_ms?: number; code?: string; detail?: string };
}

class Socket implements Connection {
  #socket: WebSocket | undefined;
  #said: Word[] = [];
  #end: { code: number } | undefined;
  #wasOpen = false;
  /** How often each stream was refused one after the other. */
  readonly #refused = new Map<string, number>();
  #wake: () => void = () => undefined;

  constructor(
    private readonly way: SocketWay,
    private readonly places: Places,
    private readonly stop: AbortSignal,
  ) {}

  change(added: readonly string[], removed: readonly string[]): void {
    for (const stream of removed) this.#say({ op: "unsubscribe", stream });
    for (const stream of added) this.#subscribe(stream);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Word> {
    const token = await tokenOf(this.way);
    const socket = await this.#open(token);
    this.#socket = socket;
    const close = (): void => socket.close(1000);
    this.stop.addEventListener("abort", close, { once: true });
    if (this.stop.aborted) close();
    socket.onopen = () => {
      this.#wasOpen = true;
      for (const stream of this.places.keys()) this.#subscribe(stream);
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => this.#hear(data);
    // What it tells after a failure to connect is `close`, too.
    socket.onerror = () => undefined;
    socket.onclose = ({ code }) => {
      this.#end = { code };
      this.#wake();
    };
    try {
      for (;;) {
        const said = this.#said;
        this.#said = [];
        yield* said;
        if (this.#said.length > 0) continue;
        if (this.#end) break;
        await new Promise<void>((wake) => (this.#wake = wake));
      }
      if (this.#end.code === REVOKED) throw await another(this.way, token, "the session or the key was revoked");
      if (this.way.open && !this.#wasOpen && (await this.#isUnknown(token))) throw await another(this.way, token, "not signed in");
      const back = backAfter(this.#end.code);
      if (back !== "later") throw new Left(`closed with ${String(this.#end.code)}`, back);
    } finally {
      this.stop.removeEventListener("abort", close);
      close();
    }
  }

  async #open(token: string | undefined): Promise<WebSocket> {
    const address = addressOf(this.way, "/api/v1/socket");
    address.protocol = address.protocol.replace("http", "ws");
    if (this.way.open) return this.way.open(address.href, token);
    try {
      const { ticket } = await ask<{ ticket: string }>(this.way, "POST", "/api/v1/auth/tickets");
      address.searchParams.set("ticket", ticket);
    } catch (error) {
      if (error instanceof Refused) throw error.status === 401 ? new Left("not signed in", "never") : leaving(error);
      throw error;
    }
    if (typeof WebSocket === "undefined") throw new Left("there is no WebSocket here: give one by `open`, or follow over events", "never");
    return new WebSocket(address, "campanile.v1");
  }

  /** Why a socket could not be opened is told to nobody: whether it was for the token is asked in another way. */
  async #isUnknown(token: string | undefined): Promise<boolean> {
    return (await send(this.way, "/api/v1/users/me", token, { signal: this.stop })).status === 401;
  }

  /** Asks for a stream again that is refused at this moment, later each time. */
  #again(stream: string): void {
    const times = this.#refused.get(stream) ?? 0;
    this.#refused.set(stream, times + 1);
    const wait = Math.min(FIRST_WAIT * 2 ** times, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    const timer = setTimeout(() => {
      if (this.places.has(stream)) this.#subscribe(stream);
    }, wait);
    this.stop.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  #subscribe(stream: string): void {
    const since = this.places.get(stream);
    this.#say({ op: "subscribe", stream, ...(since === undefined ? {} : { since }) });
  }

  /** One that is not open yet asks for what is wanted when it is. */
  #say(message: object): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #hear(text: string): void {
    const said = JSON.parse(text) as Said;
    const { event: kind, stream = "", data } = said;
    if (kind === "subscribed") this.#refused.delete(stream);
    else if (kind === "refused" && !isFinal(data?.code)) this.#again(stream);
    this.#said.push(...wordsOf(said, this.places));
    this.#wake();
  }
}

/** What the server says, for the core. */
export function wordsOf({ event: kind, stream = "", id, data = {} }: Said, places: Places): Word[] {
  const { head = "", reason = "", retry_ms: ms } = data;
  if (kind === "hello") return [{ word: "open" }, { word: "retry", ms: ms ?? 1_000 }];
  if (kind === "close") return ms === undefined ? [] : [{ word: "retry", ms }];
  if (kind === "heartbeat" || kind === "pong") return [{ word: "pulse" }];
  if (kind === "subscribed") return [{ word: "on", stream }];
  if (kind === "ready") return [{ word: "ready", stream, head, why: "ready" }];
  if (kind === "gap") return [{ word: "gap", stream, head, why: reason as Why }];
  // Left because we asked for it, or asked for too late.
  if (kind === "ended") return reason === "asked" ? [] : [{ word: "ended", stream, reason }];
  if (kind === "refused") {
    const { code } = data;
    if (!places.has(stream) || !isFinal(code)) return [{ word: "pulse" }];
    return [{ word: "ended", stream, reason: code === "room.not_found" ? "forbidden" : (code ?? kind) }];
  }
  return [{ word: "event", event: { stream, id, kind, data } }];
}

function isFinal(code: string | undefined): boolean {
  return code === undefined || FINAL.includes(code);
}
