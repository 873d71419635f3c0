// A form on its way: sent once however often the button is pressed, sent again under the same key when nobody knows whether it
// arrived, and refused field by field.
import { Refused, Unreached } from "../api/problem";
import { wish } from "../api/client";
import { explain, explainField } from "../words/refusal";

export class Submission {
  #busy = $state(false);
  #failure = $state.raw<unknown>();
  #kept: { body: string; key: ReturnType<typeof wish> } | undefined;

  get busy(): boolean {
    return this.#busy;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** What is wrong with the field at a JSON pointer of the body, in the server's words. */
  field(pointer: string): string | undefined {
    const detail = this.#failure instanceof Refused ? this.#failure.field(pointer) : undefined;
    return detail === undefined ? undefined : explainField(detail);
  }

  /** What is wrong with the whole, unless `pointers` show it beside their fields already. */
  whole(...pointers: string[]): string | undefined {
    if (this.#failure === undefined) return undefined;
    if (this.#failure instanceof Refused) {
      const errors = this.#failure.problem.errors ?? [];
      if (errors.length > 0 && errors.every(({ pointer }) => pointers.includes(pointer))) return undefined;
    }
    return explain(this.#failure);
  }

  clear(): void {
    this.#failure = undefined;
  }

  /** Sends `body` by `send`, with a key that stays the same while the same body may have arrived; answers whether it was taken. */
  async send<B, A>(body: B, send: (body: B, key: { "Idempotency-Key": string }) => Promise<A>): Promise<{ answer: A } | undefined> {
    if (this.#busy) return undefined;
    this.#busy = true;
    const text = JSON.stringify(body);
    if (this.#kept?.body !== text) this.#kept = { body: text, key: wish() };
    try {
      const answer = await send(body, this.#kept.key);
      this.#failure = undefined;
      this.#kept = undefined;
      return { answer };
    } catch (failure) {
      this.#failure = failure;
      if (!(failure instanceof Unreached)) this.#kept = undefined;
      return undefined;
    } finally {
      this.#busy = false;
    }
  }
}
