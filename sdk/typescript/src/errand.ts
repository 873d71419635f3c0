// What is asked again and again: one question at a time, one for a burst of reasons to ask, and once more after it failed.
import { Refused, within } from "./http.js";

const [FIRST_WAIT, LONGEST_WAIT] = [1_000, 30_000];
/** So long an answer is waited for: on a network that went without a word it never comes. */
const PATIENCE = 30_000;

export class Errand<T> {
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Gives up the question that is on its way. */
  #asking: AbortController | undefined;
  /** There was a reason to ask while the answer was on its way, which need not know of it. */
  #isStale = false;
  #failures = 0;
  #began = -Infinity;

  /** Asks by `ask` and tells `take`, `soon` milliseconds after the first reason to, and no sooner than `rest` after the time before. */
  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly take: (answer: T) => void,
    private readonly pace: { soon?: number; rest?: number } = {},
  ) {}

  /** There is a reason to ask. */
  want(): void {
    if (this.#asking) this.#isStale = true;
    else this.#after(Math.max(this.pace.soon ?? 0, this.#began + (this.pace.rest ?? 0) - performance.now()));
  }

  /** Forgets what is on its way, and asks nothing until it is wanted. */
  stop(): void {
    this.#asking?.abort();
    this.#asking = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#failures = 0;
  }

  #after(wait: number): void {
    this.#timer ??= setTimeout(() => void this.#run(), wait);
  }

  async #run(): Promise<void> {
    const asking = new AbortController();
    this.#timer = undefined;
    [this.#asking, this.#isStale, this.#began] = [asking, false, performance.now()];
    const answer = await within(PATIENCE, asking.signal, this.ask).then(
      (value) => ({ value }),
      (failure: unknown) => ({ failure }),
    );
    // Nobody wants to know any more.
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    if ("failure" in answer) return this.#failed(answer.failure);
    this.#failures = 0;
    this.take(answer.value);
    if (this.#isStale) this.want();
  }

  #failed(failure: unknown): void {
    const refused = failure instanceof Refused ? failure : undefined;
    if (refused?.isFinal) {
      // What is asked again is refused again, unless something has happened.
      this.#failures = 0;
      if (this.#isStale) this.want();
      return;
    }
    // Chance, so that not everybody asks at once.
    const wait = Math.min(FIRST_WAIT * 2 ** this.#failures++, LONGEST_WAIT) * (0.5 + Math.random() / 2);
    this.#after(Math.max(wait, refused?.retryAfter ?? 0));
  }
}
