// What became of a room and of its people, in words.
import { whenOf } from "../calendar/occurrence";
import type { Item, Notice, Plan } from "./fold";
import { rooms } from "./words";

/** What somebody is called: a member by their name, a program by what it calls itself. */
export function whoIs(id: string, names: ReadonlyMap<string, string>): string {
  return names.get(id) ?? (id.startsWith("usr_") ? rooms.somebody : id);
}

const ROLES = ["owner", "member", "viewer"] as const;

export function noticed({ type, data, by }: Notice, names: ReadonlyMap<string, string>): string {
  const [actor, name] = [whoIs(by, names), String(data["name"] ?? "")];
  const whom = whoIs(String(data["user_id"]), names);
  const role = ROLES.find((it) => it === data["role"]);
  switch (type) {
    case "room.created":
      return rooms.made(actor);
    case "room.updated":
      return rooms.renamed(actor, name);
    case "member.joined":
      return rooms.joined(whom);
    case "member.left":
      return data["user_id"] === by ? rooms.gotOut(whom) : rooms.takenOut(whom, actor);
    case "member.changed":
      return rooms.became(whom, role ? rooms[role] : String(data["role"]));
    case "schedule.changed":
      return rooms.planChanged(actor, String(data["title"]), whenOf(data as unknown as Plan));
    case "schedule.unshared":
      return rooms.planOver(typeof data["title"] === "string" ? data["title"] : rooms.aPlan);
    default:
      return type;
  }
}

const SHORT = 60;

/** What something is, in a few words, for what is said about it. */
export function shortOf(item: Item, names: ReadonlyMap<string, string>): string {
  if (item.kind === "notice") return noticed(item, names);
  if (item.kind === "plan") return item.plan.title;
  const text = item.kind === "message" ? `${whoIs(item.by, names)}: ${item.text.replaceAll(/\s+/g, " ")}` : item.type;
  return text.length > SHORT ? `${text.slice(0, SHORT - 1)}…` : text;
}
