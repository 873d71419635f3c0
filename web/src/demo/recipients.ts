// The address book: whom the owner of products can tell (docs/campaigns.md).
import type { Recipient as RecipientView, RecipientPage, RecipientRequest } from "../api/schema";
import { Otherwise, ascending, pageOf } from "./http";
import { invalid, match, notFound } from "./refusal";
import { iso } from "./span";
import type { Recipient, World } from "./world";

interface Page {
  limit?: string;
  cursor?: string;
}

const FIELDS = ["name", "email", "locale", "time_zone"] as const;
export type Details = Record<(typeof FIELDS)[number], string | null>;

export function find(world: World, external_id: string): Recipient {
  const it = world.state.recipients.get(external_id);
  if (!it) throw notFound("recipient");
  return it;
}

export function view({ created, updated, ...it }: Recipient): RecipientView {
  return { ...it, created_at: iso(created), updated_at: iso(updated) };
}

export function list(world: World, query: Page): RecipientPage {
  const all = [...world.state.recipients.values()].sort((one, other) => ascending(one.external_id, other.external_id));
  const { items, next_cursor } = pageOf(all, query, ({ external_id }) => external_id, ascending);
  return { items: items.map(view), next_cursor };
}

/** What is not seen, but for the common space. */
const UNSEEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFF9-\uFFFB]|[^\S ]/u;

/** What nobody can be called, and why. */
export function wrongName(external_id: string): string | undefined {
  if (external_id.startsWith("usr_")) return "who has an account comes into the book by being subscribed";
  if (["import", ".", ".."].includes(external_id) || external_id === "" || external_id !== external_id.trim() || UNSEEN.test(external_id) || [...external_id].length > 128) return "1 to 128 visible characters";
  return undefined;
}

/** The first field that is wrong, and why. */
export function wrongDetail({ name, email, locale, time_zone }: Details): { field: keyof Details; detail: string } | undefined {
  if (name !== null && (!/[^\p{Z}\p{C}]/u.test(name) || /\p{Cc}/u.test(name) || [...name].length > 80)) return { field: "name", detail: "not a display name: 1 to 80 characters without line breaks or control characters" };
  if (email !== null && !/^[^\s@]+@[^\s@]+$/.test(email)) return { field: "email", detail: "not an e-mail address: write name@example.org, at most 254 bytes" };
  if (locale !== null && !/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/i.test(locale)) return { field: "locale", detail: "write a language tag such as ko or en-GB" };
  if (time_zone !== null && !isZone(time_zone)) return { field: "time_zone", detail: "there is no such time zone" };
  return undefined;
}

function isZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

/** Keeps somebody, or what is said of somebody who is kept; answers whether they are new. */
export function keep(world: World, external_id: string, says: Partial<Details>): boolean {
  const before = world.state.recipients.get(external_id);
  if (!before) {
    world.state.recipients.set(external_id, { external_id, user_id: null, name: null, email: null, locale: null, time_zone: null, ...says, version: 1, created: world.now, updated: world.now });
  } else if (FIELDS.some((field) => field in says && says[field] !== before[field])) {
    Object.assign(before, says, { version: before.version + 1, updated: world.now });
  }
  return !before;
}

export function put(world: World, external_id: string, ifMatch: string | undefined, { name, email, locale, time_zone }: RecipientRequest): RecipientView | Otherwise {
  const [detail, says] = [wrongName(external_id), { name: name ?? null, email: email ?? null, locale: localeOf(locale), time_zone: time_zone ?? null }];
  if (detail) throw invalid("recipient", { pointer: "/external_id", detail });
  const wrong = wrongDetail({ ...says, locale: locale ?? null });
  if (wrong) throw invalid("recipient", { pointer: `/${wrong.field}`, detail: wrong.detail });
  match("recipient", ifMatch, world.state.recipients.get(external_id)?.version ?? 0, false);
  const isNew = keep(world, external_id, says);
  const kept = view(find(world, external_id));
  return isNew ? new Otherwise(201, kept) : kept;
}

/** The language that is spoken to them: of those that there are. */
export function localeOf(locale: string | null | undefined): string | null {
  return locale == null ? null : locale.toLowerCase().startsWith("ko") ? "ko" : "en";
}

export function remove(world: World, external_id: string, ifMatch: string | undefined): void {
  const it = find(world, external_id);
  match("recipient", ifMatch, it.version, false);
  world.state.recipients.delete(external_id);
  for (const { line } of world.state.products) {
    const place = line.get(external_id);
    if (place?.state === "ACTIVE") place.state = "LEFT";
  }
}

/** Somebody who can be subscribed: of the book, or the one with an account who is here. */
export function who(world: World, id: string): Recipient {
  const { user, recipients } = world.state;
  if (id === user.id && !recipients.has(id)) {
    keep(world, id, { name: user.display_name });
    Object.assign(find(world, id), { user_id: id });
  }
  return find(world, id);
}
