import { expect, test } from "vitest";

import type { Comment, CommentPage, Invitation, JoinedView, MemberPage, NewInvitationView, PublishedView, Reactions, Room, RoomEvents, RoomPage, RoomPresence, RoomRead, RoomsUnread, ScheduleView, ShareList, SharedSchedule } from "../../src/api/schema";
import { type Party, counterpart, members, on } from "./counterpart";

const contract = counterpart();

function made(ada: Party, name = "Choir"): Promise<Room> {
  return ada.must(201, "POST", "rooms", { name });
}

function publish(ada: Party, room_id: string, type: string, data: object, more: object = {}): Promise<PublishedView> {
  return ada.must(202, "POST", "notifications/publish", { room_id, type, data, ...more });
}

async function types(ada: Party, id: string, query = ""): Promise<string[]> {
  return (await ada.must<RoomEvents>(200, "GET", `rooms/${id}/events?${query}`)).events.map(({ type }) => type);
}

test("a room is made, found, renamed by its version, and gone when it is deleted", async () => {
  const ada = await contract.somebody();
  const room = await made(ada, "  Choir ");
  expect(Object.keys(room).sort()).toEqual(members("Room"));
  expect(room).toMatchObject({ name: "Choir", role: "owner", members: 1, unread: 0, version: 1 });
  const second = await made(ada, "Kitchen");
  expect((await ada.must<RoomPage>(200, "GET", "rooms")).items.map(({ name }) => name)).toEqual(["Kitchen", "Choir"]);
  expect((await ada.must<RoomPage>(200, "GET", "rooms?limit=1")).next_cursor).toBeTruthy();
  await ada.refused(428, "room.version_required", "PATCH", `rooms/${room.id}`, { name: "Band" });
  expect(await ada.must<Room>(200, "PATCH", `rooms/${room.id}`, { name: "Band" }, { "if-match": '"1"' })).toMatchObject({ name: "Band", version: 2 });
  await ada.refused(412, "room.version_mismatch", "PATCH", `rooms/${room.id}`, { name: "Trio" }, { "if-match": '"1"' });
  await ada.refused(422, "room.invalid", "PATCH", `rooms/${room.id}`, { name: "  " }, { "if-match": "*" });
  await ada.refused(422, "room.invalid", "POST", "rooms", { name: "x".repeat(81) });
  expect(await types(ada, room.id)).toEqual(["room.created", "room.updated"]);
  await ada.must(204, "DELETE", `rooms/${room.id}`);
  await ada.refused(404, "room.not_found", "GET", `rooms/${room.id}`);
  await ada.refused(404, "room.not_found", "GET", `rooms/${room.id}/events`);
  expect((await ada.must<RoomPage>(200, "GET", "rooms")).items.map(({ id }) => id)).toEqual([second.id]);
});

test("the last owner stays, and members are who they are", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const { items } = await ada.must<MemberPage>(200, "GET", `rooms/${id}/members`);
  expect(Object.keys(items[0] ?? {}).sort()).toEqual(members("RoomMember"));
  const me = items[0]?.user_id ?? "";
  await ada.refused(409, "room.last_owner", "POST", `rooms/${id}/leave`);
  await ada.refused(409, "room.last_owner", "DELETE", `rooms/${id}/members/${me}`);
  await ada.refused(409, "room.last_owner", "PATCH", `rooms/${id}/members/${me}`, { role: "viewer" });
  await ada.refused(422, "room.invalid", "PATCH", `rooms/${id}/members/${me}`, { role: "king" });
  await ada.refused(404, "room.member_not_found", "DELETE", `rooms/${id}/members/usr_01jd2n9w3fkz8q4v6x0c5b7m1t`);
});

test("an invitation is shown once, lists without its token, and lets nobody in once it is revoked", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const invited = await ada.must<NewInvitationView>(201, "POST", `rooms/${id}/invitations`, { role: "member" });
  expect(invited.token).toMatch(/^cmi_/);
  await ada.refused(422, "room.invalid", "POST", `rooms/${id}/invitations`, { role: "owner" });
  const { items } = await ada.must<{ items: Invitation[] }>(200, "GET", `rooms/${id}/invitations`);
  expect(items.map((it) => [it.id, it.role, it.accepted, "token" in it])).toEqual([[invited.id, "member", 0, false]]);
  const there = await ada.must<JoinedView>(200, "POST", "invitations/accept", { token: invited.token });
  expect([there.joined, there.room.id]).toEqual([false, id]);
  await ada.must(204, "DELETE", `rooms/${id}/invitations/${invited.id}`);
  await ada.refused(404, "invitation.not_found", "POST", "invitations/accept", { token: invited.token });
  await ada.refused(404, "invitation.not_found", "DELETE", `rooms/${id}/invitations/${invited.id}`);
});

test("what is published is there once, in order, page by page, and a place that is not to be had is said", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const first = await publish(ada, id, "order.paid", { order: 1, of: { a: [1] } }, { dedupe_key: "1" });
  expect(await publish(ada, id, "order.paid", { order: 1, of: { a: [1] } }, { dedupe_key: "1" })).toEqual({ ...first, duplicate: true });
  await ada.refused(422, "room.dedupe_key_taken", "POST", "notifications/publish", { room_id: id, type: "order.paid", data: { order: 2 }, dedupe_key: "1" });
  const reserved = ["room.x", "comment.created", "hello", "subscribed", "ready", "gap.x", "ended", "refused", "heartbeat", "pong", "close", "open", "error"];
  for (const type of [...reserved, "Order", "a b"]) await ada.refused(422, "room.invalid", "POST", "notifications/publish", { room_id: id, type, data: {} });
  await publish(ada, id, "order.sent", { order: 1 });
  const page = await ada.must<RoomEvents>(200, "GET", `rooms/${id}/events?limit=2`);
  expect(page).toMatchObject({ last_id: "1-2", has_more: true });
  expect(page.events[1]).toMatchObject({ id: "1-2", event_id: first.event_id, type: "order.paid", data: { order: 1, of: { a: [1] } } });
  expect(await types(ada, id, `since=${page.last_id}`)).toEqual(["order.sent"]);
  for (const [since, reason] of [["0-0", "epoch_changed"], ["1-99", "ahead_of_log"], ["x", "unreadable_position"]]) {
    expect(await ada.must<RoomEvents>(200, "GET", `rooms/${id}/events?since=${String(since)}`)).toEqual({ events: [], last_id: "1-3", has_more: false, gap: { reason, head: "1-3" } });
  }
});

test("what one does is read, a mark never goes back, and a mark that comes again changes nothing", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  await publish(ada, id, "a", {});
  expect(await ada.must<RoomsUnread>(200, "GET", "rooms/unread")).toMatchObject({ total: 0, rooms: [] });
  const { version, ...marked } = await ada.must<RoomRead>(200, "PUT", `rooms/${id}/read`, { up_to: "1-1" });
  expect(marked).toEqual({ room_id: id, up_to: "1-2", unread: 0 });
  expect(await ada.must<RoomRead>(200, "PUT", `rooms/${id}/read`, { up_to: "1-2" })).toEqual({ ...marked, version });
  for (const up_to of ["1-9", "2-1", "x"]) await ada.refused(422, "room.invalid", "PUT", `rooms/${id}/read`, { up_to });
});

test("one connection tells of oneself and of rooms, each under its name, and ends what is gone", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const stop = new AbortController();
  const heard = await ada.follow(stop.signal, `stream?me=1&room=${id}`);
  const kinds = (): string[] => [...heard.text.matchAll(/^event: (.+)$/gm)].map(([, kind]) => kind ?? "");
  // Beside them it is told that one is there.
  await expect.poll(() => kinds().filter((kind) => kind === "ready").length).toBe(2);
  await publish(ada, id, "order.paid", { order: 1 });
  await expect.poll(kinds).toContain("order.paid");
  expect(heard.text).toMatch(new RegExp(`^id: (me@1-\\d+,${id}@1-2|${id}@1-2,me@1-\\d+)\nevent: order.paid\ndata: {"stream":"${id}","at":`, "m"));
  await ada.must(204, "DELETE", `rooms/${id}`);
  await expect.poll(kinds).toContain("ended");
  await expect.poll(kinds).toContain("room.changed");
  expect(heard.text).toContain(`"stream":"${id}","reason":"gone"`);
  stop.abort();
});

test("what is said is listed newest first, changed by its version, and gone when it is deleted", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const { event_id } = await publish(ada, id, "order.paid", { order: 1 });
  const first = await ada.must<Comment>(201, "POST", `rooms/${id}/comments`, { text: "  Hello\nyou " });
  expect(Object.keys(first).sort()).toEqual(members("Comment"));
  expect(first).toMatchObject({ room_id: id, about: null, author: expect.any(String), text: "Hello\nyou", mentions: [], edited_at: null, version: 1, reactions: [] });
  const second = await ada.must<Comment>(201, "POST", `rooms/${id}/comments`, { text: "Paid!", about: event_id, mentions: [first.author_id] });
  const third = await ada.must<Comment>(201, "POST", `rooms/${id}/comments`, { text: "Yes", about: second.id });
  const texts = async (query = ""): Promise<string[]> => (await ada.must<CommentPage>(200, "GET", `rooms/${id}/comments?${query}`)).comments.map(({ text }) => text);
  expect(await texts()).toEqual(["Yes", "Paid!", "Hello\nyou"]);
  expect(await texts(`about=${event_id}`)).toEqual(["Paid!"]);
  expect(await texts(`about=${second.id}`)).toEqual(["Yes"]);
  const path = `rooms/${id}/comments/${third.id}`;
  expect(await ada.must<Comment>(200, "PATCH", path, { text: "Yes!" }, { "if-match": '"1"' })).toMatchObject({ text: "Yes!", version: 2 });
  await ada.refused(412, "comment.version_mismatch", "PATCH", path, { text: "No" }, { "if-match": '"1"' });
  expect(await ada.must<Comment>(200, "PATCH", path, { text: "Yes!" })).toMatchObject({ version: 2 });
  for (const body of [{ text: " " }, { text: "x".repeat(4_001) }, { text: "x", mentions: ["usr_01jd2n9w3fkz8q4v6x0c5b7m1t"] }, { text: "x", about: "cmt_01jd2n9w3fkz8q4v6x0c5b7m1t" }]) await ada.refused(422, "room.invalid", "POST", `rooms/${id}/comments`, body);
  await ada.must(204, "DELETE", path);
  await ada.refused(404, "comment.not_found", "PATCH", path, { text: "x" });
  expect((await types(ada, id)).slice(2)).toEqual(["comment.created", "comment.created", "comment.created", "comment.updated", "comment.deleted"]);
});

test("a reaction is given once and taken back once, and says whose it is", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const { event_id } = await publish(ada, id, "order.paid", { order: 1 });
  const path = (emoji: string, about = event_id): string => `rooms/${id}/reactions/${about}/${encodeURIComponent(emoji)}`;
  for (let time = 0; time < 2; time++) expect(await ada.must<Reactions>(200, "PUT", path("👍"))).toEqual({ about: event_id, reactions: [{ emoji: "👍", count: 1, mine: true }] });
  expect((await ada.must<Reactions>(200, "PUT", path("❤️"))).reactions.map(({ emoji }) => emoji)).toEqual(["👍", "❤️"]);
  for (let time = 0; time < 2; time++) expect((await ada.must<Reactions>(200, "DELETE", path("👍"))).reactions.map(({ emoji }) => emoji)).toEqual(["❤️"]);
  for (const bad of ["ok", "가", "7"]) await ada.refused(422, "room.invalid", "PUT", path(bad));
  await ada.refused(404, "room.item_not_found", "PUT", path("👍", "evt_01jd2n9w3fkz8q4v6x0c5b7m1t"));
  await ada.refused(400, "id.malformed", "PUT", path("👍", "x"));
  expect((await types(ada, id)).slice(2)).toEqual(["reaction.added", "reaction.added", "reaction.removed"]);
});

test("who follows a room is there", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const stop = new AbortController();
  const heard = await ada.follow(stop.signal, `stream?room=${id}`);
  await expect.poll(() => heard.text).toContain("event: ready");
  await expect.poll(async () => (await ada.must<RoomPresence>(200, "GET", `rooms/${id}/presence`)).members.length).toBe(1);
  stop.abort();
});

test("a schedule that is shared is shown as it is, told of when it changes, and no longer when it is deleted", async () => {
  const ada = await contract.somebody();
  const { id } = await made(ada);
  const plan = await ada.must<ScheduleView>(201, "POST", "schedules", { title: "Practice", description: "Secret", start: on(1, "19:00"), duration: "PT1H", recurrence: { rrule: "FREQ=WEEKLY" } });
  const path = `rooms/${id}/schedules/${plan.id}`;
  const shared = await ada.must<SharedSchedule>(200, "PUT", path);
  expect(Object.keys(shared).sort()).toEqual(members("SharedSchedule"));
  expect(shared).toMatchObject({ schedule_id: plan.id, title: "Practice", all_day: false, start: on(1, "19:00"), end: on(1, "20:00"), rrule: "FREQ=WEEKLY" });
  expect(await ada.must<SharedSchedule>(200, "PUT", path)).toEqual(shared);
  await ada.must(200, "PUT", `rooms/${id}/reactions/${plan.id}/${encodeURIComponent("👍")}`);
  await ada.must(200, "PATCH", `schedules/${plan.id}`, { title: "Rehearsal" }, { "if-match": "*" });
  expect((await ada.must<ShareList>(200, "GET", `rooms/${id}/schedules`)).schedules.map(({ title }) => title)).toEqual(["Rehearsal"]);
  await ada.must(204, "DELETE", `schedules/${plan.id}`);
  expect((await ada.must<ShareList>(200, "GET", `rooms/${id}/schedules`)).schedules).toEqual([]);
  expect((await types(ada, id)).slice(1)).toEqual(["schedule.shared", "reaction.added", "schedule.changed", "schedule.unshared"]);
  await ada.refused(404, "room.item_not_found", "DELETE", path);
  await ada.refused(404, "schedule.not_found", "PUT", path);
  const { events } = await ada.must<RoomEvents>(200, "GET", `rooms/${id}/events?since=1-1`);
  expect(JSON.stringify(events)).not.toContain("Secret");
  expect(events[2]?.data).toMatchObject({ schedule_id: plan.id, title: "Rehearsal", start: on(1, "19:00") });
});
