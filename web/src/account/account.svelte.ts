// Who is signed in, and how the page stands to that: nobody knows yet, nobody is, somebody is, or somebody was until the session
// ended under an open page. In the last case everything stays as it is, with what was typed, and is signed in to again on top.
import { api, must, session } from "../api/client";
import { Refused, Unreached } from "../api/problem";
import type { End } from "../api/session";
import { isDemo } from "../demo/mode";
import type { SignedInView, UserChange, UserView } from "../api/schema";
import { belongsTo, forget, recall } from "../offline/memory";
import { outbox } from "../offline/outbox.svelte";
import { language } from "../words/language.svelte";

export type Standing = "unknown" | "unreached" | "out" | "in" | "lapsed";

class Account {
  #standing = $state<Standing>("unknown");
  #user = $state.raw<UserView>();
  #changing: Promise<void> = Promise.resolve();

  constructor() {
    // Whoever signs in or out elsewhere in this browser has nothing to do with a demonstration.
    if (isDemo) return;
    session.onBegin(() => void this.#joined());
    session.onEnd((end) => this.#ended(end));
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Who it is. Only for what is shown to somebody who is signed in. */
  get user(): UserView {
    if (!this.#user) throw new Error("nobody is signed in");
    return this.#user;
  }

  /** The same, or nobody. */
  get known(): UserView | undefined {
    return this.#user;
  }

  /** The zone in which everything is shown. */
  get zone(): string {
    return this.#user?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  /** Looks whether this browser is signed in already. */
  async start(): Promise<void> {
    try {
      if (!isDemo && (await session.token()) === undefined) this.#standing = "out";
      else await this.refresh();
    } catch (error) {
      if (!(error instanceof Unreached || error instanceof Refused)) throw error;
      // Whoever was here before sees what was read before, until the server is there again.
      const known = error instanceof Unreached ? await this.#remembered() : undefined;
      if (known) this.#is(known);
      else this.#standing = error instanceof Refused && error.status === 401 ? "out" : "unreached";
    }
  }

  async #remembered(): Promise<UserView | undefined> {
    const answer = await recall(new Request("/api/v1/users/me"));
    return (await answer?.json()) as UserView | undefined;
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.#enter(await must(api.POST("/api/v1/auth/login", { body: { email, password } })));
  }

  async signUp(email: string, password: string, displayName: string, key: { "Idempotency-Key": string }): Promise<void> {
    const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const body = { email, password, display_name: displayName, time_zone, locale: language.current };
    await this.#enter(await must(api.POST("/api/v1/auth/signup", { params: { header: key }, body })));
  }

  /** Signs out, on the server too. Whoever cannot reach it stays signed in, and is told. */
  async signOut(): Promise<void> {
    // Nothing of it is kept anywhere.
    if (isDemo) return location.assign("/login");
    try {
      await must(api.POST("/api/v1/auth/logout"));
    } catch (error) {
      // A session that the server does not know any more has been left already.
      if (!(error instanceof Refused && error.status === 401)) throw error;
    }
    session.end("left");
  }

  /** Nothing of anybody stays on this device. */
  async #clear(): Promise<void> {
    await Promise.all([forget(), outbox.empty()]);
    await outbox.belongsTo(undefined);
  }

  /** Reads the profile anew. */
  async refresh(): Promise<void> {
    this.#is(await must(api.GET("/api/v1/users/me")));
  }

  /** Changes the profile, one change after the other; refused with 412 if it changed elsewhere meanwhile, and then shown as it is now. */
  change(change: UserChange): Promise<void> {
    const done = this.#changing.then(() => this.#change(change));
    this.#changing = done.catch(() => undefined);
    return done;
  }

  async #change(change: UserChange): Promise<void> {
    try {
      const header = { "if-match": `"${String(this.user.version)}"` };
      this.#is(await must(api.PATCH("/api/v1/users/me", { params: { header }, body: change })));
    } catch (error) {
      if (error instanceof Refused && error.status === 412) await this.refresh();
      throw error;
    }
  }

  async #enter({ user, access_token, expires_in }: SignedInView): Promise<void> {
    // Whoever signs in where somebody else was signed in gets a page of their own, and nothing of theirs.
    if (this.#user && this.#user.id !== user.id) {
      await forget();
      session.begin(access_token, expires_in);
      location.assign("/");
      return;
    }
    this.#is(user);
    session.begin(access_token, expires_in);
  }

  #is(user: UserView): void {
    if (this.#user && user.id === this.#user.id && user.version < this.#user.version) return;
    this.#user = user;
    this.#standing = "in";
    if (!isDemo) {
      belongsTo(user.id);
      void outbox.belongsTo(user.id);
    }
    language.choose(user.locale);
  }

  // In this tab or in another one.
  async #joined(): Promise<void> {
    if (this.#standing === "in") return;
    const before = this.#user?.id;
    await this.refresh();
    if (before !== undefined && before !== this.#user?.id) location.assign("/");
  }

  #ended(end: End): void {
    if (end === "lapsed" && this.#user) {
      this.#standing = "lapsed";
    } else {
      this.#standing = "out";
      this.#user = undefined;
      void this.#clear();
    }
  }
}

export const account = new Account();
