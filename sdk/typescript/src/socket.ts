// The same over a WebSocket: streams come and go while the connection stays, and a position is that of its own stream.
import { type Way, another, ask, leaving, Refused, tokenOf } from "./http.js";
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

/** Follows by `GET /api/v1/socket`. */
export function overSocket(way: SocketWay): Transport {
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
  #wake: () => void = () => undefined;

  constructor(
    private readonly way: SocketWay,
    private readonly places: Places,
    private readonly stop: AbortSignal,
  ) {}

  change(added: readonly string[], removed: readonly string[]): void {
    // One that is not open yet asks for what is wanted when it is.
    if (this.#socket?.readyState !== 1) return;
    for (const stream of removed) this.#say({ op: "unsubscribe", stream });
    for (const stream of added) this.#say({ op: "subscribe", stream });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Word> {
    const token = await tokenOf(this.way);
    const socket = await this.#open(token);
    this.#socket = socket;
    const close = (): void => socket.close(1000);
    this.stop.addEventListener("abort", close, { once: true });
    if (this.stop.aborted) close();
    socket.onopen = () => {
      for (const [stream, since] of this.places) this.#say({ op: "subscribe", stream, ...(since === undefined ? {} : { since }) });
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
      const back = backAfter(this.#end.code);
      if (back !== "later") throw new Left(`closed with ${String(this.#end.code)}`, back);
    } finally {
      this.stop.removeEventListener("abort", close);
      close();
    }
  }

  async #open(token: string | undefined): Promise<WebSocket> {
    const address = new URL("/api/v1/socket", this.way.url || location.origin);
    address.protocol = address.protocol.replace("http", "ws");
    if (this.way.open) return this.way.open(address.href, token);
    try {
      const { ticket } = await ask<{ ticket: string }>(this.way, "POST", "/api/v1/auth/tickets");
      address.searchParams.set("ticket", ticket);
    } catch (error) {
      if (error instanceof Refused) throw error.status === 401 ? new Left("not signed in", "never") : leaving(error);
      throw error;
    }
    return new WebSocket(address, "campanile.v1");
  }

  #say(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #hear(text: string): void {
    for (const word of wordsOf(JSON.parse(text) as Said, this.places)) this.#said.push(word);
    this.#wake();
  }
}

/** What the server says, for the core. */
export function wordsOf({ event: kind, stream = "", id, data = {} }: Said, places: Places): Word[] {
  const { head = "", reason = "", retry_ms: ms } = data;
  if (kind === "hello") return [{ word: "open" }, { word: "retry", ms: ms ?? 1_000 }];
  if (kind === "close") return ms === undefined ? [] : [{ word: "retry", ms }];
  if (kind === "subscribed" || kind === "heartbeat" || kind === "pong") return [{ word: "pulse" }];
  if (kind === "ready") return [{ word: "ready", stream, head, why: "ready" }];
  if (kind === "gap") return [{ word: "gap", stream, head, why: reason as Why }];
  // Left because we asked for it, or asked for too late.
  if (kind === "ended") return reason === "asked" ? [] : [{ word: "ended", stream, reason }];
  if (kind === "refused") return places.has(stream) ? [{ word: "ended", stream, reason: data.code === "room.not_found" ? "forbidden" : (data.code ?? "refused") }] : [];
  return [{ word: "event", event: { stream, id, kind, data } }];
}
