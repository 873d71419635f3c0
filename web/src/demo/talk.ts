// What is said in a room, what people think of it, and who is there (docs/rooms.md).
import type { Comment, CommentChange, CommentPage, NewComment, Reaction, Reactions, RoomPresence } from "../api/schema";
import { ascending, pageOf } from "./http";
import { Refusal, invalid, match, notFound } from "./refusal";
import { allowed, find, say } from "./rooms";
import { iso } from "./span";
import type { Room, World } from "./world";

const [MOST_TEXT, MOST_MENTIONS, MOST_SCALARS] = [4_000, 20, 8];
type Kept = Room["comments"][number];

function reactionsTo(world: World, room: Room, about: string): Reaction[] {
  const given = room.reactions.filter((each) => each.about === about);
  const kinds = [...new Set(given.map(({ emoji }) => emoji))];
  return kinds.map((emoji) => {
    const who = given.filter((each) => each.emoji === emoji).map(({ user }) => user);
    return { emoji, count: who.length, mine: who.includes(world.state.user.id) };
  });
}

function view(world: World, room: Room, comment: Kept): Comment {
  return { ...comment, reactions: reactionsTo(world, room, comment.id) };
}

/** What can be talked about: an event that was kept, or something that was said. */
function isThere(room: Room, about: string): boolean {
  if (about.startsWith("sch_")) return room.shares.some(({ schedule }) => schedule === about);
  return about.startsWith("cmt_") ? room.comments.some(({ id }) => id === about) : room.log.some(({ event_id }) => event_id === about);
}

function textOf(text: string): string {
  const trimmed = text.trim();
  const detail = trimmed === "" ? "write at least one visible character" : [...trimmed].length > MOST_TEXT ? "at most 4,000 characters" : undefined;
  if (detail) throw invalid("room", { pointer: "/text", detail });
  return trimmed;
}

function mentionsOf(room: Room, mentions: readonly string[], before: readonly string[] = []): string[] {
  if (mentions.length > MOST_MENTIONS) throw invalid("room", { pointer: "/mentions", detail: "at most 20 people" });
  const isKnown = (user: string): boolean => before.includes(user) || room.members.some(({ user_id }) => user_id === user);
  if (!mentions.every(isKnown)) throw invalid("room", { pointer: "/mentions", detail: "name people who are in the room" });
  return [...new Set(mentions)].sort();
}

export function list(world: World, id: string, query: { about?: string; limit?: string; cursor?: string }): CommentPage {
  const room = find(world, id);
  const newest = (one: string, other: string): number => ascending(other, one);
  const all = room.comments.filter(({ about }) => query.about === undefined || about === query.about);
  const { items, next_cursor } = pageOf(all.sort((one, other) => newest(one.id, other.id)), query, (it) => it.id, newest);
  return { comments: items.map((comment) => view(world, room, comment)), next_cursor };
}

/** Says something as `author`: whoever looks, unless the sample week has somebody else say it. */
export function comment(world: World, id: string, { about = null, text, mentions = [] }: NewComment, author = world.state.user.id): Comment {
  const room = find(world, id);
  if (author === world.state.user.id) allowed(world, room, "owner", "member");
  if (about != null && !isThere(room, about)) throw invalid("room", { pointer: "/about", detail: "there is no such event, comment or schedule in the room" });
  const name = room.members.find(({ user_id }) => user_id === author)?.display_name ?? null;
  const made: Kept = { id: world.mint("cmt"), room_id: id, about: about ?? null, author_id: author, author: name, text: textOf(text), mentions: mentionsOf(room, mentions), created_at: iso(world.now), edited_at: null, version: 1 };
  room.comments.push(made);
  say(world, room, "comment.created", author, { comment_id: made.id, about: made.about, author_id: author, text: made.text, mentions: made.mentions });
  return view(world, room, made);
}

function said(room: Room, id: string): Kept {
  const comment = room.comments.find((each) => each.id === id);
  if (!comment) throw notFound("comment");
  return comment;
}

function notYours(): Refusal {
  return new Refusal(403, "comment.not_yours", "the comment is somebody else's: only its author changes it, and owners of the room may delete it");
}

export function edit(world: World, [id, which]: [string, string], ifMatch: string | undefined, { text, mentions }: CommentChange): Comment {
  const room = find(world, id);
  allowed(world, room, "owner", "member");
  const it = said(room, which);
  if (it.author_id !== world.state.user.id) throw notYours();
  match("comment", ifMatch, it.version, false);
  const next = { text: text == null ? it.text : textOf(text), mentions: mentions == null ? it.mentions : mentionsOf(room, mentions, it.mentions) };
  if (next.text !== it.text || next.mentions.join() !== it.mentions.join()) {
    Object.assign(it, next, { version: it.version + 1, edited_at: iso(world.now) });
    say(world, room, "comment.updated", world.state.user.id, { comment_id: it.id, about: it.about, ...next, version: it.version });
  }
  return view(world, room, it);
}

export function remove(world: World, [id, which]: [string, string], ifMatch: string | undefined): void {
  const room = find(world, id);
  const it = said(room, which);
  const isOwner = room.members.some(({ user_id, role }) => user_id === world.state.user.id && role === "owner");
  if (it.author_id !== world.state.user.id && !isOwner) throw notYours();
  match("comment", ifMatch, it.version, false);
  room.comments = room.comments.filter((each) => each !== it);
  room.reactions = room.reactions.filter(({ about }) => about !== which);
  say(world, room, "comment.deleted", world.state.user.id, { comment_id: which, about: it.about });
}

/** Gives a reaction, or takes it back. */
export function react(world: World, id: string, [about = "", emoji = ""]: readonly string[], given: boolean, user = world.state.user.id): Reactions {
  const room = find(world, id);
  if (!/^(evt|cmt|sch)_/.test(about)) throw new Refusal(400, "id.malformed", "not an id of this kind");
  if ([...emoji].length > MOST_SCALARS || !/\p{Extended_Pictographic}|\p{Emoji_Presentation}/u.test(emoji) || /\p{L}/u.test(emoji)) throw invalid("room", { pointer: "/emoji", detail: "write one emoji" });
  if (user === world.state.user.id) allowed(world, room, "owner", "member");
  if (given && !isThere(room, about)) throw new Refusal(404, "room.item_not_found", "there is no such event, comment or schedule in the room");
  const isMine = (each: Room["reactions"][number]): boolean => each.about === about && each.emoji === emoji && each.user === user;
  const before = room.reactions.some(isMine);
  if (before !== given) {
    if (given) room.reactions.push({ about, emoji, user });
    else room.reactions = room.reactions.filter((each) => !isMine(each));
    say(world, room, given ? "reaction.added" : "reaction.removed", user, { about, emoji, user_id: user });
  }
  return { about, reactions: reactionsTo(world, room, about) };
}

/** Whoever looks is there, and nobody else is. */
export function presence(world: World, id: string): RoomPresence {
  find(world, id);
  const { id: user_id, display_name: name } = world.state.user;
  return { members: [{ user_id, name, last_seen_at: iso(world.now), connections: 1 }], count: 1, version: 1 };
}
