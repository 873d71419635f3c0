// Rooms: who is in them, what happens there, and how far one has read (docs/rooms.md). Others are there only as the sample week knows them.
import type { InvitationList, JoinedView, MemberPage, NewInvitationView, PublishedView, Room as RoomView, RoomEvents, RoomMember, RoomPage, RoomRead, RoomsUnread, WantedEvent } from "../api/schema";
import { ascending, pageOf } from "./http";
import { Refusal, invalid, match, notFound } from "./refusal";
import { iso } from "./span";
import type { Room, World } from "./world";

const [WEEK, MOST_EVENTS, MOST_NAME] = [7 * 86_400_000, 500, 80];
const RESERVED = ["room", "member", "presence", "comment", "reaction", "schedule"];
/** What a connection says of itself. */
const OF_THE_CONNECTION = ["hello", "subscribed", "ready", "gap", "ended", "refused", "heartbeat", "pong", "close"];

interface Page {
  limit?: string;
  cursor?: string;
}

export function find(world: World, id: string): Room {
  const room = world.state.rooms.find((each) => each.id === id);
  if (!room) throw notFound("room");
  return room;
}

function mine(world: World, room: Room): RoomMember {
  const member = room.members.find(({ user_id }) => user_id === world.state.user.id);
  if (!member) throw notFound("room");
  return member;
}

/** What only some may do; `roles` are those who may. */
export function allowed(world: World, room: Room, ...roles: string[]): void {
  const { role } = mine(world, room);
  if (!roles.includes(role)) throw new Refusal(403, "room.forbidden", `in this room you are a ${role}, who may not do that`);
}

function owned(world: World, id: string): Room {
  const room = find(world, id);
  allowed(world, room, "owner");
  return room;
}

export function view(world: World, room: Room): RoomView {
  const { role, joined_at } = mine(world, room);
  return { id: room.id, name: room.name, role, members: room.members.length, unread: room.log.length - room.read, joined_at, version: room.version, created_at: iso(room.created), updated_at: iso(room.updated) };
}

/** Notes what `publisher` did. What one does oneself is read, if everything before it was. */
export function say(world: World, room: Room, type: string, publisher_id: string, data: object): string {
  const event_id = world.mint("evt");
  const event = { id: `1-${String(room.log.length + 1)}`, at: iso(world.now), event_id, type, publisher_id, data: data as Record<string, never> };
  if (publisher_id === world.state.user.id && room.read === room.log.length) room.read += 1;
  room.log.push(event);
  world.tellRoom(room, event);
  return event_id;
}

function nameOf(text: string | null | undefined): string {
  const name = (text ?? "").trim();
  const detail = name === "" ? "write at least one visible character" : [...name].length > MOST_NAME ? `at most ${String(MOST_NAME)} characters` : /[\n\r]/.test(name) ? "one line" : undefined;
  if (detail) throw invalid("room", { pointer: "/name", detail });
  return name;
}

export function list(world: World, query: Page): RoomPage {
  const newest = (one: string, other: string): number => ascending(other, one);
  const { items, next_cursor } = pageOf([...world.state.rooms].sort((one, other) => newest(one.id, other.id)), query, ({ id }) => id, newest);
  return { items: items.map((room) => view(world, room)), next_cursor };
}

export function create(world: World, wanted: string): RoomView {
  const { id: user_id, display_name } = world.state.user;
  const [name, at] = [nameOf(wanted), world.now];
  const room: Room = { id: world.mint("rom"), name, members: [{ user_id, display_name, role: "owner", joined_at: iso(at) }], invitations: [], log: [], read: 0, comments: [], reactions: [], shares: [], published: {}, version: 1, created: at, updated: at };
  world.state.rooms.push(room);
  say(world, room, "room.created", user_id, { name, version: 1 });
  world.tell("room.changed", { room_id: room.id, change: "created" });
  return view(world, room);
}

export function rename(world: World, id: string, ifMatch: string | undefined, wanted: string | null | undefined): RoomView {
  const room = owned(world, id);
  match("room", ifMatch, room.version, true);
  const name = wanted == null ? room.name : nameOf(wanted);
  if (name !== room.name) {
    Object.assign(room, { name, version: room.version + 1, updated: world.now });
    say(world, room, "room.updated", world.state.user.id, { name, version: room.version });
  }
  return view(world, room);
}

function out(world: World, room: Room, change: string): void {
  world.state.rooms = world.state.rooms.filter((each) => each !== room);
  world.tell("room.changed", { room_id: room.id, change });
}

export function remove(world: World, id: string): void {
  const room = owned(world, id);
  say(world, room, "room.deleted", world.state.user.id, {});
  out(world, room, "deleted");
}

export function members(world: World, id: string, query: Page): MemberPage {
  const place = ({ joined_at, user_id }: RoomMember): string => `${joined_at} ${user_id}`;
  return pageOf([...find(world, id).members].sort((one, other) => ascending(place(one), place(other))), query, place, ascending);
}

function memberOf(room: Room, user: string): RoomMember {
  const member = room.members.find(({ user_id }) => user_id === user);
  if (!member) throw new Refusal(404, "room.member_not_found", "nobody of this id is in the room");
  return member;
}

/** Who leaves, or is something else: an owner stays. */
function keepsOwner(room: Room, member: RoomMember): void {
  const others = room.members.filter(({ role, user_id }) => role === "owner" && user_id !== member.user_id);
  if (member.role === "owner" && others.length === 0) throw new Refusal(409, "room.last_owner", "a room has at least one owner: make somebody else one first, or delete the room");
}

export function changeMember(world: World, id: string, user: string, role: string): RoomMember {
  const room = owned(world, id);
  if (!["owner", "member", "viewer"].includes(role)) throw invalid("room", { pointer: "/role", detail: "write owner, member or viewer" });
  const member = memberOf(room, user);
  if (member.role !== role) {
    if (role !== "owner") keepsOwner(room, member);
    member.role = role;
    say(world, room, "member.changed", world.state.user.id, { user_id: user, role });
    if (user === world.state.user.id) world.tell("room.changed", { room_id: id, change: "role" });
  }
  return { ...member };
}

export function removeMember(world: World, id: string, user: string): void {
  const isMyself = user === world.state.user.id;
  const room = isMyself ? find(world, id) : owned(world, id);
  const member = memberOf(room, user);
  keepsOwner(room, member);
  room.members = room.members.filter((each) => each !== member);
  say(world, room, "member.left", world.state.user.id, { user_id: user });
  if (isMyself) out(world, room, "left");
}

export function invitations(world: World, id: string): InvitationList {
  const items = owned(world, id).invitations.filter(({ expires_at }) => Date.parse(expires_at) > world.now);
  return { items: items.map(({ token: _, ...invitation }) => invitation), next_cursor: null };
}

export function invite(world: World, id: string, role: string): NewInvitationView {
  const room = owned(world, id);
  if (role !== "member" && role !== "viewer") throw invalid("room", { pointer: "/role", detail: "write member or viewer" });
  const token = `cmi_demo-${world.mint("inv")}`;
  const invitation = { id: world.mint("inv"), role, invited_by: world.state.user.id, accepted: 0, created_at: iso(world.now), expires_at: iso(world.now + WEEK), token };
  room.invitations.push(invitation);
  return { ...invitation };
}

export function revoke(world: World, id: string, invitation: string): void {
  const room = owned(world, id);
  if (!room.invitations.some((each) => each.id === invitation)) throw noInvitation();
  room.invitations = room.invitations.filter((each) => each.id !== invitation);
}

function noInvitation(): Refusal {
  return new Refusal(404, "invitation.not_found", "there is no such invitation: it expired, was revoked, or never was");
}

/** Nobody else is here to invite one: whoever has the link of a room is in it. */
export function accept(world: World, token: string): JoinedView {
  const room = world.state.rooms.find(({ invitations }) => invitations.some((each) => each.token === token && Date.parse(each.expires_at) > world.now));
  if (!room) throw noInvitation();
  return { room: view(world, room), joined: false };
}

export function events(world: World, id: string, { since, limit }: { since?: string; limit?: string }): RoomEvents {
  const { log } = find(world, id);
  const [, epoch, seq] = /^(\d+)-(\d+)$/.exec(since ?? "1-0") ?? [];
  const head = `1-${String(log.length)}`;
  const reason = seq === undefined ? "unreadable_position" : epoch !== "1" ? "epoch_changed" : Number(seq) > log.length ? "ahead_of_log" : undefined;
  if (reason) return { events: [], last_id: head, has_more: false, gap: { reason, head } };
  const wanted = Math.min(Number(limit ?? 100), MOST_EVENTS);
  const after = Number(seq);
  const page = log.slice(after, after + wanted);
  return { events: page.map((event) => ({ ...event })), last_id: page.at(-1)?.id ?? `1-${String(after)}`, has_more: after + page.length < log.length };
}

export function mark(world: World, id: string, upTo: string): RoomRead {
  const room = find(world, id);
  const [, epoch, seq] = /^(\d+)-(\d+)$/.exec(upTo) ?? [];
  if (epoch !== "1" || Number(seq) > room.log.length) throw invalid("room", { pointer: "/up_to", detail: "this is no position of what happened in the room so far" });
  const isNew = Number(seq) > room.read;
  room.read = Math.max(room.read, Number(seq));
  if (isNew) world.state.marks += 1;
  const marked = { room_id: id, up_to: `1-${String(room.read)}`, unread: room.log.length - room.read, version: world.state.marks };
  if (isNew) world.tell("room.read", marked);
  return marked;
}

export function unread(world: World): RoomsUnread {
  const rooms = world.state.rooms.map(({ id, log, read }) => ({ room_id: id, unread: log.length - read })).filter((room) => room.unread > 0);
  return { total: rooms.reduce((sum, room) => sum + room.unread, 0), version: world.state.marks, rooms };
}

export function publish(world: World, { room_id, room_key, type, data, dedupe_key }: WantedEvent): PublishedView {
  if (room_key != null) throw new Refusal(501, "demo.not_available", "rooms are made by programs where there is a server: make an account to do that");
  const room = find(world, room_id ?? "");
  allowed(world, room, "owner", "member");
  const [first = ""] = type.split(".");
  const isOurs = RESERVED.includes(first) || OF_THE_CONNECTION.includes(first) || type === "open" || type === "error";
  if (isOurs || !/^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(type) || type.length > 100) throw invalid("room", { pointer: "/type", detail: isOurs ? "this is one of the product's own" : "words of a-z, 0-9 and _ with dots between them" });
  const asked = JSON.stringify([type, data]);
  const before = dedupe_key == null ? undefined : room.published[dedupe_key];
  if (before && before.asked !== asked) throw new Refusal(422, "room.dedupe_key_taken", "something else was published under this dedupe_key: choose a new one");
  if (before) return { event_id: before.event_id, room_id: room.id, duplicate: true };
  const event_id = say(world, room, type, world.state.user.id, data);
  if (dedupe_key != null) room.published[dedupe_key] = { event_id, asked };
  return { event_id, room_id: room.id, duplicate: false };
}
