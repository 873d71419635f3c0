// What somebody says and does in a room: shown at once, as what it will have been, and taken back if it is refused.
import { api, must, wish } from "../../api/client";
import { Postponed, Unreached } from "../../api/problem";
import type { RoomMember } from "../../api/schema";
import { outbox } from "../../offline/outbox.svelte";
import type { Waiting } from "../../offline/store";
import { toasts } from "../../ui/toasts.svelte";
import { explain } from "../../words/refusal";
import type { Feed, Said } from "./feed.svelte";
import type { Message } from "./fold";

/** What is offered; the server takes any. */
export const PALETTE = ["👍", "❤️", "😄", "🎉", "👀", "✅"] as const;

export class Talk {
  /** What was said last, and may have arrived. */
  #unsure: { said: string; header: ReturnType<typeof wish> } | undefined;
  /** What was pressed last on each reaction. */
  readonly #pressed = new Map<string, Promise<unknown>>();
  #recalled: Promise<void> = Promise.resolve();

  constructor(
    private readonly room: string,
    private readonly feed: Feed,
    /** Who talks. */
    private readonly me: () => string,
  ) {}

  /** Says something, perhaps about something; answers whether it was taken, be it to wait on this device. */
  async say(text: string, about: string | undefined, mentions: readonly string[]): Promise<boolean> {
    const body = { text, mentions: [...mentions], ...(about === undefined ? {} : { about }) };
    const data = { comment_id: `wish-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`, about: about ?? null, author_id: this.me(), text, mentions };
    // The same again is the same wish while nobody knows whether it has arrived.
    const said = JSON.stringify(body);
    const header = this.#unsure?.said === said ? this.#unsure.header : wish();
    this.#unsure = undefined;
    return this.#attempt("comment.created", data, async () => {
      try {
        await must(api.POST("/api/v1/rooms/{id}/comments", { params: { path: { id: this.room }, header }, body }));
      } catch (error) {
        if (error instanceof Unreached && !(error instanceof Postponed)) this.#unsure = { said, header };
        throw error;
      }
    }, header["Idempotency-Key"]);
  }

  /** Shows what waits on this device to be said here, whoever has begun to wait for it. */
  recall(): Promise<void> {
    this.#recalled = this.#recalled.then(async () => {
      const waiting = await outbox.waitingFor(`/api/v1/rooms/${this.room}/comments`);
      await this.feed.waits(waiting.map((wish) => saidBy(wish)));
    });
    return this.#recalled;
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
    const [path, reaction] = [{ id: this.room, about, emoji }, `${about} ${emoji}`];
    const before = this.#pressed.get(reaction);
    const done = this.#attempt(given ? "reaction.added" : "reaction.removed", { about, emoji, user_id: this.me() }, async () => {
      // One that overtook another on its way would have the last word.
      await before;
      await must(given ? api.PUT("/api/v1/rooms/{id}/reactions/{about}/{emoji}", { params: { path } }) : api.DELETE("/api/v1/rooms/{id}/reactions/{about}/{emoji}", { params: { path } }));
    });
    this.#pressed.set(reaction, done);
    return done;
  }

  async #attempt(type: string, data: object, send: () => Promise<unknown>, key?: string): Promise<boolean> {
    try {
      await this.feed.attempt(type, data, this.me(), send, key);
      return true;
    } catch (error) {
      if (error instanceof Postponed) {
        // It may have been sent since.
        void this.recall();
        return true;
      }
      toasts.show({ text: explain(error), tone: "bad" });
      return false;
    }
  }
}

function saidBy({ owner, at, headers, body }: Waiting): Said {
  const { text, mentions, about } = JSON.parse(body) as { text: string; mentions: string[]; about?: string };
  const key = headers["idempotency-key"] ?? "";
  return { key, at: new Date(at).toISOString(), by: owner, data: { comment_id: `wish-${key}`, about: about ?? null, author_id: owner, text, mentions } };
}

/** Somebody, and what they are called. */
export type Named = Pick<RoomMember, "user_id" | "display_name">;

/** Whom a text names: of a name that stands in it behind an @ those who were `chosen`, or else whoever of `known` is the only one called so. */
export function namedIn(text: string, known: readonly Named[], chosen: readonly Named[] = []): string[] {
  const names = parts(text, [...known, ...chosen].map(({ display_name }) => display_name)).filter(({ isName }) => isName);
  const found = names.flatMap(({ text }) => {
    const are = (all: readonly Named[]): Named[] => all.filter(({ display_name }) => display_name === text.slice(1));
    const [meant, called] = [are(chosen), are(known)];
    return meant.length > 0 || called.length > 1 ? meant : called;
  });
  return [...new Set(found.map(({ user_id }) => user_id))];
}

/** A text in pieces: what names somebody of `names`, and what does not. Of names that begin alike the longer one counts. */
export function parts(text: string, names: readonly string[]): { text: string; isName: boolean }[] {
  const longest = [...names].filter(Boolean).sort((one, other) => other.length - one.length);
  const pieces: { text: string; isName: boolean }[] = [];
  let [from, at] = [0, 0];
  while (at < text.length) {
    const name = begins(text, at) ? longest.find((each) => text.startsWith(each, at + 1) && !goesOn(each, text.slice(at + 1 + each.length))) : undefined;
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

/** Whether a name may begin here: behind a letter the @ is that of an address. */
function begins(text: string, at: number): boolean {
  return text[at] === "@" && !/[\p{L}\p{N}._%+-]$/u.test(text.slice(Math.max(0, at - 2), at));
}

/** Scripts whose words stand apart. Behind other letters something else may follow a name at once: 민아가. */
const ALPHABETS = [/[\p{Script=Latin}\p{N}]/u, /[\p{Script=Cyrillic}\p{N}]/u, /[\p{Script=Greek}\p{N}]/u];

/** Whether what follows makes another word of it: Bobby is not Bob. */
function goesOn(name: string, after: string): boolean {
  const [last = "", next = ""] = [[...name].at(-1), [...after.slice(0, 2)][0]];
  return ALPHABETS.some((letters) => letters.test(last) && letters.test(next));
}

const MOST_TYPED = 80;

/** What is being typed behind an @ right before `caret`, which may be a name of several words, and where that @ is. */
export function typedName(text: string, caret: number): { from: number; typed: string } | undefined {
  const found = /(^|\s)@([^\s@][^\n@]*)?$/.exec(text.slice(0, caret));
  const typed = found?.[2] ?? "";
  return found && typed.length <= MOST_TYPED ? { from: found.index + (found[1]?.length ?? 0), typed } : undefined;
}

/** Who is offered for what is being typed. A name that stands there whole is meant so, and what follows it is text. */
export function offeredFor<T extends Named>(typed: string, known: readonly T[]): T[] {
  const wanted = typed.toLowerCase();
  const called = known.map((one) => ({ one, name: one.display_name.toLowerCase() }));
  if (!wanted.includes(" ")) return called.filter(({ name }) => name.includes(wanted)).map(({ one }) => one);
  if (called.some(({ name }) => wanted.startsWith(`${name} `))) return [];
  return called.filter(({ name }) => name.startsWith(wanted)).map(({ one }) => one);
}
