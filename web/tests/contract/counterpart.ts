// Who is asked: the demonstration, or with CONTRACT=server a real `campanile`. Both are asked the same by the same tests, and every answer
// has to be what openapi.json says, so that neither can drift away from the other.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import Ajv, { type ValidateFunction } from "ajv/dist/2020";
import formats from "ajv-formats";
import { afterAll, beforeAll, expect } from "vitest";

import { PASSWORD, Server } from "../browser/server";

export const ZONE = "Asia/Seoul";
const isServer = process.env["CONTRACT"] === "server";

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** What a refusal has, with the members of those that have more. */
export interface Refused {
  code: string;
  status: number;
  detail: string;
  errors?: { pointer: string; detail: string }[];
  [more: string]: unknown;
}

export interface Party {
  /** Asks for `path` below /api/v1, and holds the answer against the document. */
  ask<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>>;
  /** The same, where nothing but this status will do. */
  must<T>(status: number, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
  /** The same for a refusal: its code. */
  refused(status: number, code: string, method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Refused>;
  /** The text of a live stream, one's own unless it is said, as far as it has come. */
  follow(stop: AbortSignal, path?: string): Promise<{ readonly text: string }>;
}

type Send = (request: Request) => Promise<Response>;

/** One counterpart for the tests of a file, with `settings` if it is a server; `somebody` is a person who has nothing yet. */
export function counterpart(settings: () => Promise<readonly string[]> = async () => []): { somebody(): Promise<Party> } {
  const server = new Server();
  const ends: (() => void)[] = [];
  let people = 0;
  beforeAll(async () => {
    if (!isServer) return;
    server.settings = await settings();
    await server.start();
  });
  afterAll(async () => {
    for (const end of ends) end();
    await server.remove();
  });

  async function signedUp(): Promise<Send> {
    const email = `contract-${String(process.pid)}-${String(++people)}@example.org`;
    const body = JSON.stringify({ email, password: PASSWORD, display_name: "Contract", time_zone: ZONE, locale: "en" });
    const answer = await fetch(`${server.url}/api/v1/auth/signup`, { method: "POST", headers: { "content-type": "application/json" }, body });
    const { access_token } = (await answer.json()) as { access_token: string };
    return (request) => {
      request.headers.set("authorization", `Bearer ${access_token}`);
      return fetch(request);
    };
  }

  async function demonstrated(): Promise<Send> {
    const { Demo } = await import("../../src/demo/demo");
    const demo = new Demo({ zone: ZONE, locale: "en" });
    ends.push(() => demo.stop());
    return (request) => demo.answer(request);
  }

  return {
    async somebody() {
      return partyOf(isServer ? await signedUp() : await demonstrated(), isServer ? server.url : "http://demo.invalid");
    },
  };
}

function partyOf(send: Send, origin: string): Party {
  async function ask<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    // A text is sent as it is, under the type that its headers name.
    const init = body === undefined ? { method, headers } : { method, headers: { "content-type": "application/json", ...headers }, body: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await send(new Request(`${origin}/api/v1/${path}`, init));
    const text = await answer.text();
    const said = text === "" ? undefined : answer.headers.get("content-type")?.includes("json") ? (JSON.parse(text) as unknown) : text;
    hold(method, `/api/v1/${path}`, answer, said);
    return { status: answer.status, headers: answer.headers, body: said as T };
  }
  async function must<T>(status: number, ...asked: Parameters<Party["ask"]>): Promise<T> {
    const answer = await ask<T>(...asked);
    expect(answer.status, `${asked[0]} ${asked[1]}: ${JSON.stringify(answer.body)}`).toBe(status);
    return answer.body;
  }
  return {
    ask,
    must,
    async refused(status, code, ...asked) {
      const problem = await must<Refused>(status, ...asked);
      expect(problem.code).toBe(code);
      expect(problem.status).toBe(status);
      return problem;
    },
    async follow(stop, path = "me/stream") {
      const answer = await send(new Request(`${origin}/api/v1/${path}`, { signal: stop }));
      const heard = { text: "" };
      void (async () => {
        const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
        for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) heard.text += piece.value;
      })().catch(() => undefined);
      return heard;
    },
  };
}

interface Operation {
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: unknown }> }>;
}

const document = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../openapi.json"), "utf8")) as { paths: Record<string, Record<string, Operation>> };
/** Those without a part that is named first: `/rooms/unread` is not the room of that id. */
const patterns = Object.keys(document.paths)
  .sort((one, other) => one.split("{").length - other.split("{").length)
  .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`) }));
const ajv = new Ajv({ strict: false, validateSchema: false });
// The two are modules of another kind than ours.
(formats as unknown as (to: Ajv) => void)(ajv);
for (const format of ["int32", "int64"]) ajv.addFormat(format, true);
ajv.addSchema({ $id: "api", ...document });
const validators = new Map<string, ValidateFunction>();

/** Holds an answer against what the document says of its operation and status. */
function hold(method: string, address: string, { status, headers }: Response, said: unknown): void {
  const { pathname } = new URL(address, "http://demo.invalid");
  const path = patterns.find(({ pattern }) => pattern.test(pathname))?.path ?? pathname;
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`${method} ${path} is not in the document`);
  const response = operation.responses[String(status)];
  if (!response) throw new Error(`${method} ${path} answered ${String(status)}, which is not in the document: ${JSON.stringify(said)}`);
  const type = headers.get("content-type")?.split(";")[0];
  if (said === undefined) return;
  const at = ["paths", path, method.toLowerCase(), "responses", String(status)];
  const pointer = response.$ref ? `api${response.$ref}` : `api#/${at.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
  const ref = `${pointer}/content/${(type ?? "").replaceAll("/", "~1")}/schema`;
  let validate = validators.get(ref);
  if (!validate) validators.set(ref, (validate = ajv.compile({ $ref: encodeURI(ref) })));
  if (!validate(said)) throw new Error(`${method} ${path} ${String(status)}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(said)}`);
}

/** The wall time in Seoul so many minutes from now, to the minute. */
export function wall(minutes: number): string {
  return `${new Date(Date.now() + (minutes + 9 * 60) * 60_000).toISOString().slice(0, 16)}:00`;
}

/** A Monday of a winter to come, so that nothing of it is past: the tests that name days count from it. */
export const MONDAY = nextMonday();

function nextMonday(): string {
  const day = new Date(Date.now() + 30 * 86_400_000);
  day.setUTCDate(day.getUTCDate() + ((8 - day.getUTCDay()) % 7));
  return day.toISOString().slice(0, 10);
}

/** The wall time so many days after that Monday: `on(2, "09:30")`. */
export function on(days: number, time?: string): string {
  const date = new Date(Date.parse(MONDAY) + days * 86_400_000).toISOString().slice(0, 10);
  return time === undefined ? date : `${date}T${time}:00`;
}

/** The member names of an answer: both counterparts have all of them, also where there is nothing to say. */
export function members(schema: string): string[] {
  const { components } = document as unknown as { components: { schemas: Record<string, { properties: Record<string, unknown> }> } };
  return Object.keys(components.schemas[schema]?.properties ?? {}).sort();
}
