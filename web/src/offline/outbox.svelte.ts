// Wishes that the server could not be told. They wait on this device, in the order in which they were made, and are sent under the
// keys they had: one that had arrived already, and whose answer was lost, does not happen twice.
import { type Store, type Waiting, inBrowser } from "./store";

/** What may wait: changes of one's own things, and what one says in a room. Passwords, keys and sessions are not left lying about. */
const MAY_WAIT = /^\/api\/v1\/((schedules|tasks|notifications|reminders|categories|tags)(\/|$)|rooms\/[^/]+\/comments$)/;
/** What is said in a room is said in its order, and where that is too much, nothing else waits for it. */
const IN_ORDER = /^\/api\/v1\/rooms\/[^/]+\/comments$/;
const ALL = "";
/** The server knows a key for 24 hours; what is older could happen twice. */
const LONGEST = 23 * 60 * 60 * 1_000;
const HEADERS = ["content-type", "idempotency-key", "if-match"];

/** How a wish fared: `taken` and `refused` are answers; with `later` the server could not be asked, or had no time. */
type Fate = "taken" | "refused" | "later";

export class Outbox {
  #count = $state(0);
  #owner: string | undefined;
  #due = $state(0);
  /** The server could not be told the last time. */
  #isUnheard = false;
  /** Until when the server has no time, where it says so: for what is said in a room, or for all. */
  readonly #rests = new Map<string, number>();

  constructor(private readonly store: Store = inBrowser) {}

  /** How many wait. */
  get count(): number {
    return this.#count;
  }

  /** Grows when there is a reason to send what waits. */
  get due(): number {
    return this.#due;
  }

  /** The server was heard: what it could not be told before, it may be told now. */
  answered(): void {
    if (!this.#isUnheard || this.#count === 0) return;
    this.#isUnheard = false;
    this.#due += 1;
  }

  /** What waits to be sent to `url`, in its order. */
  async waitingFor(url: string): Promise<Waiting[]> {
    return (await this.#own()).filter((wish) => wish.url === url);
  }

  /** Keeps `request` if it is said after something that waits; answers whether it does. */
  async keepBehind(request: Request): Promise<boolean> {
    const { pathname } = new URL(request.url);
    if (this.#count === 0 || request.method !== "POST" || !IN_ORDER.test(pathname) || (await this.waitingFor(pathname)).length === 0) return false;
    const isKept = await this.keep(request, await request.clone().text());
    if (isKept) this.answered();
    return isKept;
  }

  /** Whose wishes are kept and sent from now on; nobody's without. */
  async belongsTo(owner: string | undefined): Promise<void> {
    this.#owner = owner;
    this.#rests.clear();
    await this.#recount();
  }

  /** Keeps `request`, whose body is `body`, if it may wait; answers whether it does. */
  async keep(request: Request, body: string): Promise<boolean> {
    const hasKey = request.method === "DELETE" || request.headers.has("idempotency-key");
    const { pathname, search } = new URL(request.url);
    if (!this.#owner || request.method === "GET" || !hasKey || !MAY_WAIT.test(pathname)) return false;
    const headers: Record<string, string> = {};
    for (const name of HEADERS) {
      const value = request.headers.get(name);
      if (value !== null) headers[name] = value;
    }
    const key = headers["idempotency-key"];
    try {
      // Pressed again while it waits, it is still one wish.
      const isKnown = key !== undefined && (await this.store.all()).some((wish) => wish.headers["idempotency-key"] === key);
      if (!isKnown) await this.store.add({ owner: this.#owner, at: Date.now(), method: request.method, url: pathname + search, headers, body });
      this.#isUnheard = true;
      await this.#recount();
      return true;
    } catch {
      return false;
    }
  }

  /** Sends what waits by `send`, until it has to wait on. `refused` is told what the server did not take. */
  async flush(send: (wish: Waiting) => Promise<Response>, refused: (wish: Waiting, response: Response | undefined) => Promise<void>): Promise<void> {
    const held = new Set<string>();
    const isHeld = (queue: string): boolean => held.has(queue) || (this.#rests.get(queue) ?? 0) > Date.now();
    for (const wish of await this.#own()) {
      const queue = IN_ORDER.test(wish.url) ? wish.url : ALL;
      if (isHeld(ALL)) break;
      if (isHeld(queue)) continue;
      if (Date.now() - wish.at > LONGEST) {
        await refused(wish, undefined);
      } else {
        const response = await send(wish).catch(() => undefined);
        const fate = fateOf(wish, response);
        if (response === undefined) this.#isUnheard = true;
        if (fate === "later") {
          const waiting = response?.status === 429 ? queue : ALL;
          held.add(waiting);
          this.#rests.set(waiting, Date.now() + 1_000 * (Number(response?.headers.get("retry-after")) || 0));
          continue;
        }
        if (fate === "refused") await refused(wish, response);
      }
      await this.store.remove(wish.id);
    }
    await this.#recount();
  }

  /** Drops what waits. */
  async empty(): Promise<void> {
    for (const { id } of await this.#own()) await this.store.remove(id);
    await this.#recount();
  }

  async #own(): Promise<Waiting[]> {
    const all = await this.store.all().catch(() => []);
    return all.filter(({ owner }) => owner === this.#owner).sort((a, b) => a.id - b.id);
  }

  async #recount(): Promise<void> {
    this.#count = (await this.#own()).length;
  }
}

function fateOf({ method }: Waiting, response: Response | undefined): Fate {
  if (response === undefined) return "later";
  if (response.ok) return "taken";
  // Deleted already is deleted.
  if (method === "DELETE" && response.status === 404) return "taken";
  const isBusy = response.status >= 500 || [401, 408, 429].includes(response.status) || (response.status === 409 && response.headers.has("retry-after"));
  return isBusy ? "later" : "refused";
}

export const outbox = new Outbox();
