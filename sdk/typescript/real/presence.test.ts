import { expect, test } from "vitest";

import { house, room } from "./house.js";

const { person } = house();

for (const transport of ["events", "socket"] as const) {
  test(`over ${transport}, who follows a room is there, and is gone when they are gone`, async () => {
    const [ada, bob] = [await person("Ada"), await person("Bob")];
    const id = await room(ada, bob);
    const hers = ada.with({ transport });
    const told: (string | undefined)[] = [];
    const following = hers.follow([id], { event: ({ id, kind }) => told.push(kind === "presence.update" ? id : "other"), reload: () => undefined });
    const presence = hers.presence(id);
    const there = (): string[] => presence.members.map(({ user_id }) => user_id).sort();
    await expect.poll(there).toEqual([ada.id]);
    const before = following.positions;
    const his = bob.with({ transport }).follow([id], { event: () => undefined, reload: () => undefined });
    await expect.poll(there).toEqual([ada.id, bob.id].sort());
    his.stop();
    await his.done;
    await expect.poll(there).toEqual([ada.id]);
    // It has no place in the log, and leaves the places of others as they are.
    expect(told.length).toBeGreaterThan(0);
    expect(told.every((id) => id === undefined)).toBe(true);
    expect(following.positions).toEqual(before);
    following.stop();
    await following.done;
  });
}
