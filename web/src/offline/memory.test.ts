import { expect, test } from "vitest";

import { isKept } from "./memory";

test("what screens show again is kept, and of rooms nothing that is asked for once, or is so only at this moment", () => {
  const kept = (path: string, method = "GET"): boolean => isKept(new Request(`http://c.test/api/v1/${path}`, { method }));
  const room = "rooms/rom_01jd2n9w3fkz8q4v6x0c5b7m1t";
  for (const path of ["users/me", "schedules?from=2026-11-01", "tasks/tsk_a", "rooms?limit=50", room, `${room}/members?limit=200`]) expect(kept(path), path).toBe(true);
  for (const path of [`${room}/events?since=1-7&limit=500`, `${room}/presence`, `${room}/schedules`, `${room}/invitations`, "rooms/unread", "roomsx", "api-keys", "products", "recipients?limit=50", "products/a/rounds/1/export?format=csv", "stream?me=1"]) expect(kept(path), path).toBe(false);
  expect(kept("tasks", "POST")).toBe(false);
});
