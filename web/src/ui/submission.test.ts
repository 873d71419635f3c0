import { expect, test } from "vitest";

import { Refused, Unreached } from "../api/problem";
import { Submission } from "./submission.svelte";

function refused(errors: { pointer: string; detail: string }[] = []): Refused {
  return new Refused({ type: "/docs/errors#x", title: "X", status: 422, code: "x", detail: "it does not fit", trace_id: "", errors });
}

/** Sends `bodies` one after the other, each answered or refused, and tells the keys they went with. */
async function keys(turns: [body: unknown, failure?: Error][]): Promise<string[]> {
  const sending = new Submission();
  const keys: string[] = [];
  for (const [body, failure] of turns) {
    await sending.send(body, async (_, key) => {
      keys.push(key["Idempotency-Key"]);
      if (failure) throw failure;
    });
  }
  return keys;
}

test("the same goes again under the same key while nobody knows whether it arrived", async () => {
  const [first, second, third, fourth] = await keys([[{ a: 1 }, new Unreached()], [{ a: 1 }, new Unreached()], [{ a: 2 }], [{ a: 2 }]]);
  expect(second).toBe(first);
  expect(third).not.toBe(first);
  expect(fourth).not.toBe(third);
});

test("what was refused goes again under another key", async () => {
  const [first, second] = await keys([[{ a: 1 }, refused()], [{ a: 1 }]]);
  expect(second).not.toBe(first);
});

test("a form that is on its way is not sent again", async () => {
  const sending = new Submission();
  let arrive = (): void => undefined;
  const first = sending.send({}, () => new Promise<void>((resolve) => (arrive = resolve)));
  expect(sending.busy).toBe(true);
  expect(await sending.send({}, async () => undefined)).toBeUndefined();
  arrive();
  expect(await first).toEqual({ answer: undefined });
  expect(sending.busy).toBe(false);
});

test("what is said beside a field is not said of the whole", async () => {
  const sending = new Submission();
  await sending.send({}, () => Promise.reject(refused([{ pointer: "/title", detail: "too long" }])));
  expect(sending.field("/title")).toBe("Too long.");
  expect(sending.whole("/title")).toBeUndefined();
  expect(sending.whole("/name")).toBe("It does not fit.");
});
