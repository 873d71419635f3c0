// What the server says when it refuses (RFC 9457), as an error that screens can show in its own words.
import type { Problem } from "./schema";

/** A stretch of a calendar that is in the way, as a 409 lists it. */
export interface Conflict {
  schedule_id: string;
  recurrence_id: string | null;
  title: string;
  start: string;
  end: string;
}

/** A line of a list that is refused, counted from 1, as a 422 names it. */
export interface BadLine {
  line: number;
  code: string;
  detail: string;
}

/** The members some problems carry beside those of all. */
export interface Extras {
  conflicts?: Conflict[];
  conflicts_truncated?: boolean;
  free_slots?: { start: string; end: string }[];
  bad_lines?: number;
  lines?: BadLine[];
}

/** A refusal of the server. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    readonly problem: Problem & Extras,
    /** Seconds to wait before asking again, where the server says so. */
    readonly retryAfter?: number,
  ) {
    super(problem.detail);
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  /** What is wrong with one field of what was sent, by its JSON pointer. */
  field(pointer: string): string | undefined {
    return this.problem.errors?.find((error) => error.pointer === pointer)?.detail;
  }
}

/** The server was not reached, or its answer was lost: nobody knows whether it happened. */
export class Unreached extends Error {
  override readonly name: string = "Unreached";
}

/** The same, and the wish waits on this device until the server can be told (src/offline/outbox). */
export class Postponed extends Unreached {
  override readonly name = "Postponed";
}

/** The problem of an answer that is not 2xx, also where something in between has answered with something else. */
export async function refusal(response: Response, body: unknown): Promise<Refused> {
  const retry = Number(response.headers.get("retry-after"));
  const known = typeof body === "object" && body !== null && "code" in body && "status" in body;
  const problem = known
    ? (body as Problem & Extras)
    : {
        type: "about:blank",
        title: response.statusText,
        status: response.status,
        detail: response.statusText || String(response.status),
        code: `http.${String(response.status)}`,
        trace_id: response.headers.get("x-request-id") ?? "",
      };
  return new Refused(problem, Number.isFinite(retry) && retry > 0 ? retry : undefined);
}
