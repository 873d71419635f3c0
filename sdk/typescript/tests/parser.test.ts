import { expect, test } from "vitest";

import { type Message, Parser } from "../src/index.js";

const TEXT = 'retry: 1350\n\nid: 1-41\nevent: ready\ndata: {"head":"1-41"}\n\n: head 1-41\n\nevent: presence.update\ndata: {"count":1}\n\nid: 1-42\r\nevent: unread.changed\r\ndata: {"count":1,\r\ndata: "version":7}\r\n\r\n';

test("a stream is read the same however it is cut into pieces", () => {
  const whole = new Parser();
  const expected = whole.push(TEXT);
  expect(expected.map(({ id, kind }) => [id, kind])).toEqual([
    ["1-41", "ready"],
    [undefined, "presence.update"],
    ["1-42", "unread.changed"],
  ]);
  expect(JSON.parse(expected[2]?.data ?? "")).toEqual({ count: 1, version: 7 });
  expect(whole.retry).toBe(1350);
  for (let size = 1; size < TEXT.length; size++) {
    const parser = new Parser();
    const messages: Message[] = [];
    for (let at = 0; at < TEXT.length; at += size) messages.push(...parser.push(TEXT.slice(at, at + size)));
    expect(messages).toEqual(expected);
  }
});

test("what has no data is no message, and what is not known is passed over", () => {
  const parser = new Parser();
  expect(parser.push("event: a\n\ndata\n\nunknown: 1\nretry: soon\nid: a\0b\ndata: 1\n\n")).toEqual([{ id: undefined, kind: "message", data: "1" }]);
  expect(parser.retry).toBeUndefined();
});
