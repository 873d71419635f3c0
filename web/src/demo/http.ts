// Requests and answers: the paths, parameters and bodies are those of the server's document, and so is the type of every answer.
import type { paths } from "../api/schema";
import { Refusal } from "./refusal";

type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type Query<O> = O extends { parameters: { query?: infer Q } } ? { [K in keyof NonNullable<Q>]?: string } : Record<string, never>;
type Body<O> = O extends { requestBody?: { content: { "application/json": infer B } | { "text/csv": infer B } } } ? B : undefined;
type Content<R> = R extends { content: { "application/json": infer B } } ? B : undefined;
type Responses<O> = O extends { responses: infer R } ? R : never;

/** What is asked for. */
export interface Asked<Q, B> {
  /** The first named part of the path. */
  id: string;
  /** The others. */
  parts: readonly string[];
  query: Q;
  body: B;
  ifMatch: string | undefined;
}

/** An answer with another status than the usual one of its path. */
export class Otherwise {
  constructor(
    readonly status: number,
    readonly body: object,
  ) {}
}

/** An answer that is no JSON, or is to be saved as a file. */
export class Text {
  constructor(
    readonly type: string,
    readonly text: string,
  ) {}
}

type Anything = Asked<Record<string, string | undefined>, unknown>;

interface Route {
  method: string;
  pattern: RegExp;
  /** The first letters of the id in the path. */
  prefix: string | undefined;
  status: number;
  parameters: readonly string[];
  handle: (asked: Anything) => unknown;
}

export class Routes {
  readonly #routes: Route[] = [];

  /** Answers `method path` with `status` and what `handle` makes; `parameters` are those of the query. */
  on<P extends keyof paths, M extends Method, S extends keyof Responses<Operation<P, M>> & number>(
    method: M,
    path: P,
    status: S,
    parameters: readonly (keyof Query<Operation<P, M>> & string)[],
    handle: (asked: Asked<Query<Operation<P, M>>, Body<Operation<P, M>>>) => Content<Responses<Operation<P, M>>[S]> | Otherwise | Text,
  ): void {
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, "([^/]+)")}$`);
    const prefix = path.includes("{id}") ? PREFIXES[path.split("/")[3] ?? ""] : undefined;
    this.#routes.push({ method, pattern, prefix, status, parameters, handle: handle as Route["handle"] });
  }

  /** Whether there is something at a path of the document. */
  has(method: string, path: string): boolean {
    const address = path.replaceAll(/\{\w+\}/g, "id");
    return this.#routes.some((route) => route.method === method.toLowerCase() && route.pattern.test(address));
  }

  /** The answer to what has arrived, or its refusal thrown. */
  answer(method: string, address: URL, body: unknown, ifMatch: string | undefined): { status: number; body: unknown } {
    const here = this.#routes.filter(({ pattern }) => pattern.test(address.pathname));
    const route = here.find((each) => each.method === method.toLowerCase());
    if (!route) {
      if (here.length > 0) throw new Refusal(405, "route.method_not_allowed", "not this method");
      throw new Refusal(501, "demo.not_available", "the demonstration does not have this: make an account to use it");
    }
    const [id = "", ...parts] = (route.pattern.exec(address.pathname) ?? []).slice(1).map(decodeURIComponent);
    if (route.prefix && !new RegExp(`^${route.prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`).test(id)) throw new Refusal(400, "id.malformed", "not an id of this kind");
    const query: Record<string, string> = {};
    for (const [name, value] of address.searchParams) {
      const detail = !route.parameters.includes(name) ? "there is no such parameter" : name in query ? "given twice" : undefined;
      if (detail) throw new Refusal(422, "query.invalid", "the query is not valid", { errors: [{ pointer: `/${name}`, detail }] });
      query[name] = value;
    }
    const said = route.handle({ id, parts, query, body, ifMatch });
    return said instanceof Otherwise ? said : { status: route.status, body: said };
  }
}

const PREFIXES: Readonly<Record<string, string>> = { schedules: "sch", tasks: "tsk", notifications: "ntf", reminders: "alm", categories: "cat", tags: "tag", rooms: "rom" };

/** A page of `items`, which are in their order; `cursor` names the place of the one before. */
export function pageOf<T>(items: readonly T[], { limit, cursor }: { limit?: string; cursor?: string }, place: (item: T) => string, compare: (one: string, other: string) => number): { items: T[]; next_cursor: string | null } {
  const wanted = limit === undefined ? 50 : Number(limit);
  if (!Number.isInteger(wanted) || wanted < 1) throw new Refusal(422, "query.invalid", "the query is not valid", { errors: [{ pointer: "/limit", detail: "at least 1" }] });
  const after = cursor === undefined ? undefined : decoded(cursor);
  const rest = after === undefined ? items : items.filter((item) => compare(place(item), after) > 0);
  const shown = rest.slice(0, Math.min(wanted, 200));
  const last = shown.at(-1);
  return { items: shown, next_cursor: rest.length > shown.length && last !== undefined ? `demo-${encodeURIComponent(place(last))}` : null };
}

function decoded(cursor: string): string {
  if (!cursor.startsWith("demo-")) throw new Refusal(400, "cursor.malformed", "the cursor was not answered by this list: begin again without one");
  return decodeURIComponent(cursor.slice(5));
}

/** In the order of the texts, for places that are written so. */
export function ascending(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
