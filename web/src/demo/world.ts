// What the demonstration knows: one person, what they planned, what rang. It lives in this page and ends with it. Plain data, so that a
// wish that is refused half-way leaves everything as it was.
import type { Comment, Invitation, Late, NotificationView, ReminderView, RoomEvent, RoomMember, RoundCause, RoundRecipientReason, TaskReminderView, UserView } from "../api/schema";
import type { Kind } from "../live/live.svelte";
import type { Recurrence } from "./recurrence";
import { iso } from "./span";

export interface Progress {
  state: "NOT_STARTED" | "IN_PROGRESS" | "SUSPENDED" | "COMPLETED";
  run: number;
  since: number | undefined;
  worked: number;
}

/** What an occurrence has of its own. */
export interface Own {
  start?: string;
  end?: string;
  all_day?: boolean;
  zone?: string;
  title?: string;
  description?: string;
  location?: string;
  kind?: string;
  busy?: boolean;
  reminders?: ReminderView[];
}

export interface Schedule {
  id: string;
  title: string;
  description: string;
  location: string;
  kind: string;
  busy: boolean;
  category_id: string | null;
  tags: string[];
  all_day: boolean;
  zone: string;
  start: string;
  end: string;
  recurrence: Recurrence | null;
  reminders: ReminderView[];
  late: Late;
  task_id: string | null;
  /** The task it left the calendar with, to come back with it. */
  left_with?: string;
  /** By the name of the occurrence; "" of what happens once. */
  progress: Record<string, Progress>;
  own: Record<string, Own>;
  created: number;
  updated: number;
  deleted: number | undefined;
  version: number;
}

export interface Task {
  id: string;
  title: string;
  description: string;
  category_id: string | null;
  tags: string[];
  deadline: string | null;
  zone: string | null;
  importance: number;
  difficulty: number;
  estimate: string | null;
  parent_id: string | null;
  depends_on: string[];
  reminders: TaskReminderView[];
  remind_overdue: boolean;
  completed: number | undefined;
  /** The session whose completion completed it. */
  completed_by?: string;
  archived: number | undefined;
  created: number;
  updated: number;
  version: number;
}

export interface Alarm {
  id: string;
  reminder: string;
  schedule: string | null;
  task: string | null;
  occurrence: string;
  due: number;
  armed: number;
  state: "PENDING" | "FIRED" | "SUPERSEDED" | "CANCELLED" | "SKIPPED";
  reason: string | null;
  fired: number | undefined;
  dismissed: number | undefined;
  deferred: number | undefined;
  snooze: number;
}

export interface Tag {
  id: string;
  name: string;
  colour: string | null;
  created: number;
  updated: number;
  version: number;
}

export interface Category extends Tag {
  parent: string | null;
  position: number;
}

/** A stretch of work; without an end it goes on. */
export interface Stretch {
  schedule: string;
  occurrence: string;
  run: number;
  from: number;
  to: number | undefined;
}

export interface Room {
  id: string;
  name: string;
  members: RoomMember[];
  invitations: (Invitation & { token: string })[];
  /** What happened, in order: the first one is 1-1. */
  log: RoomEvent[];
  /** How many of them were read. */
  read: number;
  comments: Omit<Comment, "reactions">[];
  /** Who gave which, in the order in which they came. */
  reactions: { about: string; emoji: string; user: string }[];
  /** Schedules that are shown there, and the version the room was told last. */
  shares: { schedule: string; at: number; told: number }[];
  /** What was published under a key of its own. */
  published: Record<string, { event_id: string; asked: string }>;
  version: number;
  created: number;
  updated: number;
}

/** Somebody in the address book; who has an account is called by its id. */
export interface Recipient {
  external_id: string;
  user_id: string | null;
  name: string | null;
  email: string | null;
  locale: string | null;
  time_zone: string | null;
  version: number;
  created: number;
  updated: number;
}

/** Somebody's place in the line of a product. */
export interface Place {
  who: string;
  position: number;
  state: "ACTIVE" | "NOTIFIED" | "LEFT";
  since: number;
  /** The round in which they were told last. */
  round: number | null;
}

/** What became of somebody in a round. */
export interface LedgerLine {
  position: number;
  who: string;
  /** Their place in the line when the round began: who came back to its end is not told by it. */
  place: number;
  state: "WAITING" | "SENT" | "SKIPPED" | "FAILED";
  at: number | null;
  attempts: number;
  reason: RoundRecipientReason | null;
}

export interface Round {
  number: number;
  status: "IN_PROGRESS" | "PAUSED" | "CANCELED_BY_SOLD_OUT" | "CANCELED" | "COMPLETED";
  cause: RoundCause;
  strict: boolean;
  ledger: LedgerLine[];
  /** How many of them are done with. */
  next: number;
  /** Up to when it was worked off. */
  moved: number;
  /** So many may have been told by now, and when there will be more, where it goes in waves. */
  allowance: number | null;
  wave: number | null;
  rate: number;
  /** How often no answer came. */
  unknown: number;
  started: number;
  paused: number | null;
  finished: number | null;
  expires: number | null;
  version: number;
}

export interface Product {
  id: string;
  key: string;
  name: string;
  stock: number;
  strict: boolean;
  per_item: number | null;
  wait_seconds: number | null;
  /** Everybody who ever subscribed, by what they are called. */
  line: Map<string, Place>;
  /** The last place that was given. */
  places: number;
  rounds: Round[];
  version: number;
  created: number;
  updated: number;
}

export interface State {
  user: UserView;
  schedules: Map<string, Schedule>;
  tasks: Map<string, Task>;
  alarms: Map<string, Alarm>;
  notifications: NotificationView[];
  unread: number;
  categories: Category[];
  tags: Tag[];
  work: Stretch[];
  /** Those one is in, the one that was joined last first. */
  rooms: Room[];
  products: Product[];
  recipients: Map<string, Recipient>;
  /** Grows with every mark in a room. */
  marks: number;
  /** Since when habits are learned, where they were forgotten. */
  forgotten: number;
}

export interface Told {
  /** `me`, or the id of a room. */
  stream: string;
  id: string;
  kind: string;
  data: Record<string, unknown>;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

export class World {
  state: State;
  readonly #clock: () => number;
  #past: number | undefined;
  #minted = 0;
  #position = 0;
  #untold: Told[] = [];
  readonly #listeners = new Set<(told: Told) => void>();

  constructor(clock: () => number, zone: string, locale: string) {
    this.#clock = clock;
    const at = iso(this.now);
    const user: UserView = {
      // The same in every demonstration: what the device keeps by it does not pile up.
      id: `usr_${"0".repeat(26)}`,
      email: "demo@example.org",
      display_name: locale === "ko" ? "체험" : "Guest",
      role: "member",
      time_zone: zone,
      locale,
      week_start: "monday",
      daily_goal_seconds: 0,
      default_reminder_lead: "PT30M",
      quiet_hours: null,
      wake_at: "07:00",
      sleep_at: "23:00",
      version: 1,
      created_at: at,
      updated_at: at,
    };
    this.state = { user, schedules: new Map(), tasks: new Map(), alarms: new Map(), notifications: [], unread: 0, categories: [], tags: [], work: [], rooms: [], products: [], recipients: new Map(), marks: 0, forgotten: 0 };
  }

  /** Milliseconds since 1970. */
  get now(): number {
    return this.#past ?? this.#clock();
  }

  /** Does what happened at another time; the sample week has a past. */
  at(then: number, happen: () => void): void {
    this.#past = then;
    try {
      happen();
    } finally {
      this.#past = undefined;
    }
  }

  /** An id as the server's are: prefixed, and in the order of time. */
  mint(prefix: "sch" | "tsk" | "alm" | "ntf" | "rem" | "cat" | "tag" | "ses" | "rom" | "evt" | "usr" | "inv" | "cmt" | "prd"): string {
    let [text, time, count] = ["", this.now, ++this.#minted];
    for (let at = 0; at < 16; at++, count = Math.floor(count / 32)) text = `${ALPHABET[count % 32] ?? "0"}${text}`;
    for (let at = 0; at < 10; at++, time = Math.floor(time / 32)) text = `${ALPHABET[time % 32] ?? "0"}${text}`;
    return `${prefix}_${text}`;
  }

  /** What is thrown by `wish` leaves everything as it was, and nobody is told. */
  whole<T>(wish: () => T): T {
    const before = structuredClone(this.state);
    try {
      return wish();
    } catch (error) {
      this.state = before;
      this.#untold = [];
      throw error;
    }
  }

  /** Does something, and takes all of it back unless `keeps` says so of what came of it. */
  attempt<T>(wish: () => T, keeps: (answer: T) => boolean): T {
    const [before, told] = [structuredClone(this.state), this.#untold.length];
    const answer = wish();
    if (!keeps(answer)) {
      this.state = before;
      this.#untold.length = told;
    }
    return answer;
  }

  /** Notes what has happened, for whoever follows. */
  tell(kind: Kind, data: Record<string, unknown>): void {
    this.#untold.push({ stream: "me", id: "", kind, data: { at: iso(this.now), ...data } });
  }

  /** The same of something that stands in the log of a room already. */
  tellRoom(room: Room, { id, ...said }: RoomEvent): void {
    this.#untold.push({ stream: room.id, id, kind: said.type, data: said });
  }

  /** Tells it, once it stands. One's own stream counts what was told: nothing that was taken back leaves a hole in it. */
  flush(): void {
    const told = this.#untold;
    this.#untold = [];
    for (const each of told) {
      const whole = each.stream === "me" ? { ...each, id: `1-${String(++this.#position)}` } : each;
      for (const listener of this.#listeners) listener(whole);
    }
  }

  /** Where a stream is; undefined if there is none. */
  head(stream = "me"): string | undefined {
    if (stream === "me") return `1-${String(this.#position)}`;
    const room = this.state.rooms.find(({ id }) => id === stream);
    return room && `1-${String(room.log.length)}`;
  }

  listen(listener: (told: Told) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
