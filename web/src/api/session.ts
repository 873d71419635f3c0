// Who is signed in. The refresh token lives in a cookie that no script sees; the access token lives in memory only, is renewed
// a minute before it ends, and is handed from tab to tab, so that ten tabs renew it once.
import { alone } from "./lock";
import { type Refused, Unreached, refusal } from "./problem";
import type { RefreshedView } from "./schema";

/** Renewed this long before its end: a request that is on its way arrives in time. */
const MARGIN = 60_000;

interface Held {
  token: string;
  /** Milliseconds since 1970 by this browser's clock. */
  until: number;
}

/** How a session ended: somebody signed out, or the server no longer knows it. */
export type End = "left" | "lapsed";

type Said = { held: Held } | { ended: End };

/** The access token of this browser, kept fresh. */
export class Session {
  #held: Held | undefined;
  #renewal: Promise<string | undefined> | undefined;
  readonly #tabs = new BroadcastChannel("campanile-session");
  readonly #begun = new Set<() => void>();
  readonly #ended = new Set<(end: End) => void>();

  constructor(private readonly fetch: typeof globalThis.fetch = globalThis.fetch.bind(globalThis)) {
    this.#tabs.onmessage = ({ data }: MessageEvent<Said>) => {
      if ("held" in data) {
        this.#held = data.held;
        for (const listener of this.#begun) listener();
      } else {
        this.#forget(data.ended);
      }
    };
  }

  /** Tells `listener` when another tab has signed in, or renewed what it had. */
  onBegin(listener: () => void): void {
    this.#begun.add(listener);
  }

  /** Tells `listener` when nobody is signed in any more, in whichever tab that came about. */
  onEnd(listener: (end: End) => void): void {
    this.#ended.add(listener);
  }

  /** Takes what signing in has answered. */
  begin(token: string, expiresIn: number): void {
    this.#held = { token, until: Date.now() + expiresIn * 1_000 };
    this.#tabs.postMessage({ held: this.#held } satisfies Said);
  }

  /** Nobody is signed in from now on, in no tab. */
  end(end: End): void {
    this.#tabs.postMessage({ ended: end } satisfies Said);
    this.#forget(end);
  }

  /**
   * A token that is good for the next moments; undefined if nobody is signed in.
   * @throws {Unreached} if the server cannot be asked.
   */
  async token(): Promise<string | undefined> {
    if (this.#held && this.#held.until - MARGIN > Date.now()) return this.#held.token;
    return this.renew(this.#held?.token);
  }

  /** Another token than `refused`, which the server did not take. */
  renew(refused: string | undefined): Promise<string | undefined> {
    this.#renewal ??= this.#renewOnce(refused).finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  // One tab at a time: those that waited find that another one has renewed it.
  async #renewOnce(refused: string | undefined): Promise<string | undefined> {
    return alone("campanile-refresh", async () => {
      if (this.#held && this.#held.token !== refused) return this.#held.token;
      let response: Response;
      try {
        response = await this.fetch("/api/v1/auth/refresh", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: "{}",
        });
      } catch {
        throw new Unreached();
      }
      if (response.ok) {
        const { access_token, expires_in } = (await response.json()) as RefreshedView;
        this.begin(access_token, expires_in);
        return access_token;
      }
      const said: Refused = await refusal(response, await response.json().catch(() => undefined));
      if (said.status !== 401) throw said;
      this.end("lapsed");
      return undefined;
    });
  }

  #forget(end: End): void {
    this.#held = undefined;
    for (const listener of this.#ended) listener(end);
  }
}
