// The profile of the one person who is there.
import type { UserChange, UserView } from "../api/schema";
import { durationOf, secondsOf } from "../time/duration";
import { invalid } from "./refusal";
import { isZone, iso } from "./span";
import type { World } from "./world";

const FOUR_WEEKS = 28 * 86_400;

export function change(world: World, change: UserChange): UserView {
  const { user } = world.state;
  const errors: { pointer: string; detail: string }[] = [];
  const hold = (isFine: boolean, pointer: string, detail: string): void => void (isFine || errors.push({ pointer, detail }));
  const clock = /^([01]\d|2[0-3]):[0-5]\d$/;
  const lead = change.default_reminder_lead == null ? undefined : secondsOf(change.default_reminder_lead);
  if (change.display_name != null) hold(/\S/.test(change.display_name) && !/\p{Cc}/u.test(change.display_name) && [...change.display_name.trim()].length <= 80, "/display_name", "not a display name: 1 to 80 characters without line breaks or control characters");
  if (change.time_zone != null) hold(isZone(change.time_zone), "/time_zone", "unknown time zone: write an IANA name such as Asia/Seoul or UTC");
  if (change.default_reminder_lead != null) hold(lead !== undefined && lead <= FOUR_WEEKS, "/default_reminder_lead", "at most four weeks");
  if (change.daily_goal_seconds != null) hold(change.daily_goal_seconds >= 0 && change.daily_goal_seconds <= 86_400, "/daily_goal_seconds", "0 to 86400");
  if (change.week_start != null) hold(["monday", "sunday", "saturday"].includes(change.week_start), "/week_start", "monday, sunday or saturday");
  for (const name of ["wake_at", "sleep_at"] as const) if (change[name] != null) hold(clock.test(change[name]), `/${name}`, "write hours and minutes, 07:00");
  if (change.quiet_hours) for (const name of ["start", "end"] as const) hold(clock.test(change.quiet_hours[name]), `/quiet_hours/${name}`, "write hours and minutes, 22:00");
  if (errors.length > 0) throw invalid("identity", ...errors);
  const given = Object.fromEntries(Object.entries(change).filter(([name, value]) => value != null || name === "quiet_hours")) as Partial<UserView>;
  const after: UserView = { ...user, ...given };
  if (change.display_name != null) after.display_name = change.display_name.trim();
  if (change.locale != null) after.locale = change.locale.toLowerCase().startsWith("ko") ? "ko" : "en";
  if (lead !== undefined) after.default_reminder_lead = durationOf(lead);
  if (JSON.stringify(after) === JSON.stringify(user)) return user;
  world.state.user = { ...after, version: user.version + 1, updated_at: iso(world.now) };
  // What waits for the end of quiet hours waits by those of now.
  if (change.quiet_hours !== undefined || change.time_zone != null) {
    for (const alarm of world.state.alarms.values()) if (alarm.state === "PENDING" && alarm.deferred !== undefined) alarm.deferred = undefined;
  }
  world.tell("profile.changed", { user_id: user.id, version: user.version + 1 });
  return world.state.user;
}
