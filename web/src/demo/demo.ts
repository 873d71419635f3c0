// The server's part of the page, in the page: answers the same requests with the same answers, and forgets everything when the page is
// closed. Loaded by the address /demo alone.
import { type Routes } from "./http";
import { Refusal } from "./refusal";
import { nextRing, ring } from "./alarms";
import { bodyOf, routesOf } from "./routes";
import { type Told, World } from "./world";

interface Kept {
  asked: string;
  answer: { status: number; body: string; headers: Record<string, string> };
}

export interface Setting {
  zone: string;
  locale: string;
  /** Milliseconds since 1970. */
  clock?: () => number;
}

export class Demo {
  readonly world: World;
  readonly #routes: Routes;
  readonly #kept = new Map<string, Kept>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ zone, locale, clock = Date.now }: Setting) {
    this.world = new World(clock, zone, locale);
    this.#routes = routesOf(this.world);
  }

  /** Answers a request as the server does. */
  async answer(request: Request): Promise<Response> {
    const address = new URL(request.url);
    if (address.pathname === "/api/v1/me/stream") return this.#stream(request.signal);
    const text = await request.text();
    const key = request.headers.get("idempotency-key");
    const asked = `${request.method} ${address.pathname}${address.search} ${text}`;
    const before = key === null ? undefined : this.#kept.get(key);
    if (before && before.asked !== asked) return answered(refused(new Refusal(422, "idempotency.other_request", "this key was used for another request")));
    if (before) return answered({ ...before.answer, headers: { ...before.answer.headers, "idempotent-replayed": "true" } });
    const answer = this.#do(request, address, text);
    if (key !== null && answer.status < 500) this.#kept.set(key, { asked, answer });
    return answered(answer);
  }

  #do(request: Request, address: URL, text: string): Kept["answer"] {
    try {
      const ifMatch = request.headers.get("if-match") ?? undefined;
      const { status, body } = this.world.whole(() => this.#routes.answer(request.method, address, bodyOf(text), ifMatch));
      this.ring();
      if (body === undefined) return { status: 204, body: "", headers: {} };
      const isDry = address.searchParams.get("dry_run") === "true";
      return { status: isDry ? 200 : status, body: JSON.stringify(body), headers: { "content-type": "application/json", ...etag(body) } };
    } catch (error) {
      if (error instanceof Refusal) return refused(error);
      throw error;
    }
  }

  /** Rings what is due, tells whoever follows what happened, and comes back when the next one is due. */
  ring(): void {
    ring(this.world);
    this.world.flush();
    clearTimeout(this.#timer);
    const next = nextRing(this.world);
    // A clock may be set, and a device may sleep: once a minute it is looked at anyway.
    if (next !== undefined) this.#timer = setTimeout(() => this.ring(), Math.min(Math.max(next - this.world.now, 0), 60_000));
  }

  /** Ends it: nothing rings any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #stream(stop: AbortSignal): Response {
    const bytes = new TextEncoder();
    let end = (): void => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const write = ({ id, kind, data }: Pick<Told, "id"> & { kind: string; data: unknown }): void => controller.enqueue(bytes.encode(`id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`));
        write({ id: this.world.head, kind: "ready", data: { head: this.world.head } });
        const deaf = this.world.listen(write);
        const pulse = setInterval(() => controller.enqueue(bytes.encode(`: head ${this.world.head}\n\n`)), 15_000);
        end = () => {
          deaf();
          clearInterval(pulse);
        };
        stop.addEventListener("abort", () => {
          end();
          controller.error(new DOMException("ended", "AbortError"));
        });
      },
      cancel: () => end(),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}

/** The version of what is one thing, and not of a list or a count. */
function etag(body: unknown): Record<string, string> {
  const { id, version } = body as { id?: string; version?: number };
  return id !== undefined && version !== undefined ? { etag: `"${String(version)}"` } : {};
}

function refused(refusal: Refusal): Kept["answer"] {
  return { status: refusal.status, body: JSON.stringify(refusal.problem), headers: { "content-type": "application/problem+json" } };
}

function answered({ status, body, headers }: Kept["answer"]): Response {
  return new Response(status === 204 ? null : body, { status, headers });
}
