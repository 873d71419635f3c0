import { expect, test } from "vitest";

import { match } from "./matching";

test("an address matches a pattern with its parts, and no other", () => {
  expect(match("/inbox", "/inbox")).toEqual({});
  expect(match("/inbox", "/inbox/")).toEqual({});
  expect(match("/inbox", "/inboxes")).toBeUndefined();
  expect(match("/inbox", "/inbox/x")).toBeUndefined();
  expect(match("/calendar/:view?/:date?", "/calendar")).toEqual({});
  expect(match("/calendar/:view?/:date?", "/calendar/week/2026-11-20")).toEqual({ view: "week", date: "2026-11-20" });
  expect(match("/tasks/:id", "/tasks")).toBeUndefined();
  expect(match("/tasks/:id", "/tasks/a%2Fb")).toEqual({ id: "a/b" });
  expect(match("/tasks/:id", "/tasks/%")).toBeUndefined();
});
