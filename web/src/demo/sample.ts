// A calm week around today: what was done, what is planned, and something that rings soon. Made by the same rules as everything else, at
// the times at which somebody would have done it.
import type { NewTask } from "../api/schema";
import { addDays, dateOf, instantOf, wallOf } from "../time/zone";
import type { Language } from "../words/language.svelte";
import { ring } from "./alarms";
import * as categories from "./categories";
import * as inbox from "./inbox";
import * as rooms from "./rooms";
import { create, plan } from "./schedules";
import { shop } from "./shop";
import { iso } from "./span";
import { step } from "./steps";
import * as talk from "./talk";
import * as tasks from "./tasks";
import type { Schedule, Task, World } from "./world";

const [MINUTE, DAY] = [60_000, 86_400_000];

const WORDS = {
  work: { en: "Work", ko: "업무" },
  home: { en: "Home", ko: "집" },
  health: { en: "Health", ko: "건강" },
  meeting: { en: "Weekly meeting", ko: "주간 회의" },
  room: { en: "Room 2", ko: "2번 회의실" },
  swim: { en: "Swimming", ko: "수영" },
  pool: { en: "Indoor pool", ko: "실내 수영장" },
  plants: { en: "Water the plants", ko: "화분에 물 주기" },
  lunch: { en: "Lunch with Mina", ko: "민아와 점심" },
  dentist: { en: "Dentist", ko: "치과" },
  parents: { en: "Parents visit", ko: "부모님 방문" },
  reading: { en: "Reading", ko: "독서" },
  writing: { en: "Write the travel book", ko: "여행책 쓰기" },
  photos: { en: "Choose the photos", ko: "사진 고르기" },
  draft: { en: "Draft of the travel report", ko: "여행기 초안" },
  send: { en: "Send the report to everybody", ko: "모두에게 여행기 보내기" },
  passport: { en: "Renew the passport", ko: "여권 갱신" },
  gift: { en: "A birthday present for Jun", ko: "준이 생일 선물" },
  balcony: { en: "Tidy up the balcony", ko: "발코니 정리" },
  pots: { en: "Buy pots", ko: "화분 사기" },
  shelf: { en: "Paint the shelf", ko: "선반 칠하기" },
  library: { en: "Take the books back", ko: "도서관 책 반납" },
  focus: { en: "focus", ko: "집중" },
  family: { en: "family", ko: "가족" },
  trip: { en: "Summer trip", ko: "여름 여행" },
  mina: { en: "Mina", ko: "민아" },
  jun: { en: "Jun", ko: "준이" },
  ferry: { en: "Ferry to the island", ko: "섬으로 가는 배" },
  when: { en: "Shall we go in the second week of August?", ko: "8월 둘째 주에 갈까요?" },
  fine: { en: "Suits me. I look after the ferry.", ko: "저는 좋아요. 배는 제가 알아볼게요." },
  booked: { en: "It is booked! Three seats, upper deck.", ko: "예약했어요! 위층으로 세 자리예요." },
} as const;

/** Fills an empty world. */
export function fill(world: World, language: Language): void {
  const say = (word: keyof typeof WORDS): string => WORDS[word][language];
  const zone = world.state.user.time_zone;
  const today = dateOf(world.now, zone);
  const at = (days: number, time: string): number => instantOf(`${addDays(today, days)}T${time}:00`, zone).getTime();
  const wall = (days: number, time: string): string => `${addDays(today, days)}T${time}:00`;
  const category = (name: string, colour: string, position: number): string => categories.create(world, { name, colour, position }).id;

  world.at(world.now - 8 * DAY, () => {
    world.state.user = { ...world.state.user, daily_goal_seconds: 2 * 3_600, default_reminder_lead: "PT30M" };
    const [work, home, health] = [category(say("work"), "#2f6fde", 0), category(say("home"), "#3f8f5f", 1), category(say("health"), "#b3562f", 2)];
    create(world, { title: say("meeting"), location: say("room"), start: wall(-7, "10:00"), duration: "PT45M", category_id: work, recurrence: { rrule: "FREQ=WEEKLY" } }, true);
    create(world, { title: say("swim"), location: say("pool"), start: wall(-6, "19:00"), duration: "PT1H", category_id: health, recurrence: { rrule: "FREQ=WEEKLY;INTERVAL=1" }, reminders: [{ before: "PT1H" }] }, true);
    create(world, { title: say("lunch"), start: wall(2, "12:30"), duration: "PT1H", tags: [say("family")] }, true);
    create(world, { title: say("dentist"), start: wall(3, "16:00"), duration: "PT30M", category_id: health, reminders: [{ before: "PT24H" }, { before: "PT1H" }] }, true);
    create(world, { title: say("parents"), start: addDays(today, 4), end: addDays(today, 6), all_day: true, busy: false, category_id: home, tags: [say("family")], reminders: [] }, true);
    create(world, { title: say("reading"), start: wall(1, "20:30"), duration: "PT1H", busy: false, reminders: [] }, true);

    const task = (given: NewTask): Task => tasks.create(world, { ...given, time_zone: zone });
    const photos = task({ title: say("photos"), deadline: addDays(today, 1), estimate: "PT1H", importance: 6, difficulty: 2, tags: [say("family")] });
    const draft = task({ title: say("draft"), deadline: addDays(today, 4), estimate: "PT3H", importance: 7, difficulty: 5, category_id: work, tags: [say("focus")], depends_on: [photos.id] });
    task({ title: say("send"), deadline: addDays(today, 5), estimate: "PT15M", importance: 5, difficulty: 1, depends_on: [draft.id] });
    task({ title: say("passport"), deadline: wall(3, "17:00"), estimate: "PT45M", importance: 8, difficulty: 2, reminders: [{ before: "PT24H" }] });
    task({ title: say("gift"), deadline: addDays(today, -1), estimate: "PT30M", importance: 6, difficulty: 1, tags: [say("family")] });
    const balcony = task({ title: say("balcony"), estimate: "PT3H", category_id: home, difficulty: 3 });
    task({ title: say("pots"), estimate: "PT1H", category_id: home, parent_id: balcony.id });
    task({ title: say("shelf"), estimate: "PT1H", category_id: home, parent_id: balcony.id });
    const library = task({ title: say("library"), estimate: "PT30M", category_id: home });
    world.at(at(-2, "18:00"), () => tasks.finish(world, library, false));

    // What was worked, on which the statistics go.
    const writing = task({ title: say("writing"), estimate: "PT20H", category_id: work, tags: [say("focus")], importance: 7, difficulty: 5 });
    for (const [days, time, minutes] of [[-7, "14:00", 80], [-6, "09:30", 125], [-5, "10:00", 60], [-4, "15:00", 140], [-3, "09:00", 95], [-2, "13:30", 130], [-1, "10:30", 75]] as const) {
      worked(world, writing, at(days, time), minutes);
    }
  });
  trip(world, say, at);
  shop(world, language, at(-3, "10:00"));
  // What rang since then is in the inbox; all but the newest two were read.
  for (let day = -8; day <= 0; day++) world.at(Math.min(at(day, "23:59"), world.now), () => ring(world));
  const seen = world.state.notifications.slice(2).map(({ id }) => id);
  for (const id of seen) inbox.mark(world, id, true);
  // In a few minutes something rings while one looks.
  const soon = Math.ceil((world.now + 11 * MINUTE) / MINUTE) * MINUTE;
  create(world, { title: say("plants"), start: wallOf(soon, zone), duration: "PT10M", busy: false, reminders: [{ before: "PT10M" }] }, true);
}

/** A room with two friends, in which something happened since one was there last. */
function trip(world: World, say: (word: keyof typeof WORDS) => string, at: (days: number, time: string) => number): void {
  const { user } = world.state;
  let id = "";
  const [mina, jun] = [world.mint("usr"), world.mint("usr")];
  world.at(at(-6, "20:10"), () => (id = rooms.create(world, say("trip")).id));
  const room = rooms.find(world, id);
  const come = (user_id: string, display_name: string, days: number, time: string): void =>
    world.at(at(days, time), () => {
      room.members.push({ user_id, display_name, role: "member", joined_at: iso(world.now) });
      rooms.say(world, room, "member.joined", user_id, { user_id, role: "member" });
    });
  come(mina, say("mina"), -5, "09:12");
  come(jun, say("jun"), -5, "12:40");
  let said = "";
  world.at(at(-5, "21:00"), () => (said = talk.comment(world, id, { text: say("when") }).id));
  world.at(at(-5, "21:40"), () => talk.react(world, id, [said, "👍"], true, jun));
  world.at(at(-4, "08:15"), () => talk.comment(world, id, { text: say("fine"), about: said }, mina));
  room.read = room.log.length;
  world.at(at(-2, "17:05"), () => {
    const booked = rooms.say(world, room, "ticket.booked", mina, { what: say("ferry"), seats: 3 });
    talk.comment(world, id, { text: say("booked"), about: booked, mentions: [user.id] }, mina);
    talk.react(world, id, [booked, "🎉"], true, jun);
  });
}

/** A session that was planned, begun and finished, all in its time. */
function worked(world: World, task: Task, from: number, minutes: number): void {
  let session: Schedule | undefined;
  const steps = { name: undefined, at: undefined, autoSuspend: false, force: false };
  world.at(from, () => {
    session = plan(world, task, { start: iso(from), duration: `PT${String(minutes)}M`, reminders: [] }, true);
    step(world, session, "start", steps);
  });
  world.at(from + minutes * MINUTE, () => {
    if (session) step(world, session, "complete", steps);
    // There is more to be written.
    tasks.reopen(world, task);
  });
}
