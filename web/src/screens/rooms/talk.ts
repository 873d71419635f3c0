// What somebody says and does in a room: shown at once, as what it will have been, and taken back if it is refused.
import { api, must, wish } from "../../api/client";
import type { RoomMember } from "../../api/schema";
import { toasts } from "../../ui/toasts.svelte";
import { explain } from "../../words/refusal";
import type { Feed } from "./feed.svelte";
import type { Message } from "./fold";

/** What is offered; the server takes any. */
export const PALETTE = ["👍", "❤️", "😄", "🎉", "👀", "✅"] as const;

export class Talk {
  constructor(
    private readonly room: string,
    private readonly feed: Feed,
    /** Who talks. */
    private readonly me: () => string,
  ) {}

  /** Says something, perhaps about something; answers whether it was taken. */
  async say(text: string, about: string | undefined, mentions: readonly string[]): Promise<boolean> {
    const body = { text, mentions: [...mentions], ...(about === undefined ? {} : { about }) };
    const data = { comment_id: `wish-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`, about: about ?? null, author_id: this.me(), text, mentions };
    return this.#attempt("comment.created", data, () => must(api.POST("/api/v1/rooms/{id}/comments", { params: { path: { id: this.room }, header: wish() }, body })));
  }

  /** Says something else in its place. */
  async edit({ id, about }: Message, text: string, mentions: readonly string[]): Promise<boolean> {
    const path = { id: this.room, comment_id: id };
    return this.#attempt("comment.updated", { comment_id: id, about, text, mentions }, () =>
      must(api.PATCH("/api/v1/rooms/{id}/comments/{comment_id}", { params: { path, header: wish() }, body: { text, mentions: [...mentions] } })),
    );
  }

  async remove({ id, about }: Message): Promise<boolean> {
    const path = { id: this.room, comment_id: id };
    return this.#attempt("comment.deleted", { comment_id: id, about }, () => must(api.DELETE("/api/v1/rooms/{id}/comments/{comment_id}", { params: { path } })));
  }

  /** Gives a reaction, or takes it back. */
  async react(about: string, emoji: string, given: boolean): Promise<boolean> {
    const path = { id: this.room, about, emoji };
    const send = (): Promise<unknown> =>
      must(given ? api.PUT("/api/v1/rooms/{id}/reactions/{about}/{emoji}", { params: { path } }) : api.DELETE("/api/v1/rooms/{id}/reactions/{about}/{emoji}", { params: { path } }));
    return this.#attempt(given ? "reaction.added" : "reaction.removed", { about, emoji, user_id: this.me() }, send);
  }

  async #attempt(type: string, data: object, send: () => Promise<unknown>): Promise<boolean> {
    try {
      await this.feed.attempt(type, data, this.me(), send);
      return true;
    } catch (error) {
      toasts.show({ text: explain(error), tone: "bad" });
      return false;
    }
  }
}

/** Whom a text names: those of `known` whose name stands behind an @ in it. */
export function namedIn(text: string, known: readonly Pick<RoomMember, "user_id" | "display_name">[]): string[] {
  const names = parts(text, known.map(({ display_name }) => display_name)).filter(({ isName }) => isName);
  const found = new Set(names.map(({ text }) => text.slice(1)));
  return known.filter(({ display_name }) => found.has(display_name)).map(({ user_id }) => user_id);
}

/** A text in pieces: what names somebody of `names`, and what does not. Of names that begin alike the longer one counts. */
export function parts(text: string, names: readonly string[]): { text: string; isName: boolean }[] {
  const longest = [...names].filter(Boolean).sort((one, other) => other.length - one.length);
  const pieces: { text: string; isName: boolean }[] = [];
  let [from, at] = [0, 0];
  while (at < text.length) {
    const name = text[at] === "@" ? longest.find((each) => text.startsWith(each, at + 1)) : undefined;
    if (name === undefined) {
      at += 1;
      continue;
    }
    if (at > from) pieces.push({ text: text.slice(from, at), isName: false });
    pieces.push({ text: `@${name}`, isName: true });
    from = at += name.length + 1;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), isName: false });
  return pieces;
}

/** What is being typed behind an @ right before `caret`, and where that @ is. */
export function typedName(text: string, caret: number): { from: number; typed: string } | undefined {
  const found = /(^|\s)@([^\s@]*)$/.exec(text.slice(0, caret));
  return found ? { from: found.index + (found[1]?.length ?? 0), typed: found[2] ?? "" } : undefined;
}
