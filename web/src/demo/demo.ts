// The server's part of the page, in the page: answers the same requests with the same answers, and forgets everything when the page is
// closed. Loaded by the address /demo alone.
import type { Round } from "../api/schema";
import { type Routes, Text } from "./http";
import { Refusal } from "./refusal";
import { nextRing, ring } from "./alarms";
import { nextStep, step, tagOf } from "./rounds";
import { bodyOf, routesOf } from "./routes";
import { tellRooms } from "./shares";
import { World } from "./world";

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
    if (["/api/v1/me/stream", "/api/v1/stream"].includes(address.pathname)) return this.#stream(address, request.headers.get("last-event-id"), request.signal);
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
      const { status, body } = this.world.whole(() => {
        const answer = this.#routes.answer(request.method, address, bodyOf(text, request.headers.get("content-type")), ifMatch);
        tellRooms(this.world);
        return answer;
      });
      this.ring();
      if (body === undefined) return { status: 204, body: "", headers: {} };
      if (body instanceof Text) return { status, body: body.text, headers: { "content-type": body.type } };
      const isDry = address.searchParams.get("dry_run") === "true";
      return { status: isDry ? 200 : status, body: JSON.stringify(body), headers: { "content-type": "application/json", ...etag(body) } };
    } catch (error) {
      if (error instanceof Refusal) return refused(error);
      throw error;
    }
  }

  /** Rings what is due, tells who waits for a product, and whoever follows what happened; and comes back when there is more. */
  ring(): void {
    ring(this.world);
    step(this.world);
    this.world.flush();
    clearTimeout(this.#timer);
    const due = [nextRing(this.world), nextStep(this.world)].filter((at) => at !== undefined);
    const next = due.length > 0 ? Math.min(...due) : undefined;
    // A clock may be set, and a device may sleep: once a minute it is looked at anyway.
    if (next !== undefined) this.#timer = setTimeout(() => this.ring(), Math.min(Math.max(next - this.world.now, 0), 60_000));
  }

  /** Ends it: nothing rings any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #stream({ pathname, searchParams }: URL, last: string | null, stop: AbortSignal): Response {
    const places = pathname.endsWith("/me/stream") ? undefined : new Places(this.world, searchParams, last);
    const bytes = new TextEncoder();
    let end = (): void => undefined;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const write = (id: string | undefined, kind: string, data: object): void => controller.enqueue(bytes.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`));
        if (places) for (const stream of places.begin()) write(places.text, "ready", { stream, head: places.of(stream) });
        else write(this.world.head(), "ready", { head: this.world.head() });
        const deaf = this.world.listen(({ stream, id, kind, data }) => {
          if (!places) return stream === "me" ? write(id, kind, data) : undefined;
          if (places.reach(stream, id)) write(places.text, kind, { stream, ...data });
          for (const gone of places.leave()) write(undefined, "ended", { stream: gone, reason: "gone", resume_at: null });
        });
        const pulse = setInterval(() => controller.enqueue(bytes.encode(": head\n\n")), 15_000);
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

/** Where a reader of many streams is. What happened before it came back it has read with the rest: nothing is lost within a page. */
class Places {
  readonly #world: World;
  readonly #places = new Map<string, string | undefined>();

  constructor(world: World, query: URLSearchParams, last: string | null) {
    this.#world = world;
    const known = new Map((last ?? "").split(",").map((part) => part.split("@") as [string, string]));
    for (const stream of [...(query.has("me") ? ["me"] : []), ...query.getAll("room")]) this.#places.set(stream, known.get(stream));
  }

  /** Those that begin now, each placed as it is named. */
  *begin(): Generator<string> {
    for (const [stream, place] of this.#places) {
      const head = this.#world.head(stream);
      if (place === head) continue;
      this.#places.set(stream, head);
      yield stream;
    }
  }

  of(stream: string): string | undefined {
    return this.#places.get(stream);
  }

  reach(stream: string, id: string): boolean {
    if (!this.#places.has(stream)) return false;
    this.#places.set(stream, id);
    return true;
  }

  /** Those that are there no more. */
  leave(): string[] {
    const gone = [...this.#places.keys()].filter((stream) => this.#world.head(stream) === undefined);
    for (const stream of gone) this.#places.delete(stream);
    return gone;
  }

  get text(): string {
    return [...this.#places].flatMap(([stream, place]) => (place === undefined ? [] : [`${stream}@${place}`])).join(",");
  }
}

/** The version of what is one thing, and not of a list or a count; of a round, which one it is as well. */
function etag(body: unknown): Record<string, string> {
  const { id, version } = body as { id?: string; version?: number };
  if (typeof body === "object" && body !== null && "first_unsent" in body) return { etag: tagOf(body as Round) };
  return id !== undefined && version !== undefined ? { etag: `"${String(version)}"` } : {};
}

function refused(refusal: Refusal): Kept["answer"] {
  return { status: refusal.status, body: JSON.stringify(refusal.problem), headers: { "content-type": "application/problem+json" } };
}

function answered({ status, body, headers }: Kept["answer"]): Response {
  return new Response(status === 204 ? null : body, { status, headers });
}
