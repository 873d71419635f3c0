// Requests: with a token that is renewed when the server does not take it, and refusals as errors (docs/errors.md).
import { Left } from "./word.js";

export interface Way {
  /** Where the server is; this page's own if empty. */
  url?: string | undefined;
  /**
   * The token, or what answers it. It is asked again with the one that was `refused`, and answers another one, or undefined where nobody
   * is signed in any more.
   */
  token?: string | ((refused?: string) => Promise<string | undefined>) | undefined;
  /** In the place of the platform's own. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** A refusal of the server, by the `code` of docs/errors.md. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** How long to wait before asking again, in milliseconds, where the server says so. */
    readonly retryAfter: number | undefined,
  ) {
    super(detail);
  }

  /** Whether the same question will be refused again: it was asked in a wrong way, or without the right. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500 && ![401, 408, 429].includes(this.status) && this.retryAfter === undefined;
  }
}

/** A token to begin with. */
export async function tokenOf({ token }: Way): Promise<string | undefined> {
  return typeof token === "function" ? token() : token;
}

/** Another token than `refused`, if there is one. */
export async function renewed({ token }: Way, refused: string | undefined): Promise<string | undefined> {
  const other = typeof token === "function" ? await token(refused ?? "") : undefined;
  return other === refused ? undefined : other;
}

/**
 * Where `path` of the server is.
 * @throws {TypeError} if `url` is none.
 */
export function addressOf({ url }: Way, path = "/"): URL {
  return new URL(path, url || (globalThis.location as Location | undefined)?.origin);
}

/** Sends a request with `token`. */
export function send(way: Way, path: string, token: string | undefined, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const request = new Request(addressOf(way, path), { ...init, headers });
  return (way.fetch ?? fetch)(request);
}

/** What an answer that is not 2xx says. */
export async function refusalOf(response: Response): Promise<Refused> {
  const { code, detail } = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  const seconds = Number(response.headers.get("retry-after"));
  return new Refused(response.status, code ?? `http.${String(response.status)}`, detail ?? response.statusText, seconds > 0 ? seconds * 1_000 : undefined);
}

/** Asks, once more with another token where the first was not taken, until `signal`. */
export async function ask<T>(way: Way, method: string, path: string, body?: unknown, signal: AbortSignal | null = null): Promise<T> {
  const init = body === undefined ? { method, signal } : { method, signal, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const token = await tokenOf(way);
  let response = await send(way, path, token, init);
  const other = response.status === 401 ? await renewed(way, token) : undefined;
  if (other !== undefined) response = await send(way, path, other, init);
  if (!response.ok) throw await refusalOf(response);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** What `work` comes to within `patience` milliseconds. It is given up then, and when `stop` says so, whatever it still waits for. */
export async function within<T>(patience: number, stop: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  stop?.throwIfAborted();
  const over = new AbortController();
  const end = (): void => over.abort(stop?.reason);
  const late = setTimeout(() => over.abort(new Error("no answer came")), patience);
  stop?.addEventListener("abort", end, { once: true });
  try {
    return await new Promise<T>((resolve, reject) => {
      over.signal.addEventListener("abort", () => reject(over.signal.reason as Error), { once: true });
      work(over.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(late);
    stop?.removeEventListener("abort", end);
  }
}

/** What a refused connection means for whoever wants to follow. */
export function leaving({ status, code, message, retryAfter }: Refused): Left {
  // Asked in a wrong way, or without the right: asking again in the same way does not help.
  const isFinal = [400, 403, 405, 422, 426].includes(status);
  return new Left(`${code}: ${message}`, isFinal ? "never" : "later", retryAfter);
}

/** After a credential was not taken, or has ended: come back with another one, if there is one. */
export async function another(way: Way, refused: string | undefined, why: string): Promise<Left> {
  return new Left(why, (await renewed(way, refused)) === undefined ? "never" : "now");
}
