// The API, as the server's own document describes it: paths, parameters and bodies are checked by the compiler.
import createClient, { type Client, type Middleware } from "openapi-fetch";

import { answerInPage, isDemo } from "../demo/mode";
import { now } from "../time/now";
import { known } from "../offline/known.svelte";
import { READ_AT, isKept, keep, recall } from "../offline/memory";
import { outbox } from "../offline/outbox.svelte";
import { alone } from "./lock";
import { Postponed, Unreached, refusal } from "./problem";
import type { paths } from "./schema";
import { Session } from "./session";

export type Api = Client<paths>;

export const session = new Session();

// What needs no token, and must not wait for one.
const OPEN: readonly string[] = ["/api/v1/auth/login", "/api/v1/auth/signup", "/api/v1/auth/refresh"];

const authorised: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (OPEN.includes(schemaPath)) return undefined;
    try {
      const token = await session.token();
      if (token) request.headers.set("authorization", `Bearer ${token}`);
      return request;
    } catch (error) {
      // A token cannot be had where the server cannot be reached, and neither can an answer.
      if (!(error instanceof Unreached)) throw error;
      return withoutServer(request);
    }
  },
  onResponse({ response }) {
    if (response.headers.has(READ_AT)) return;
    now.hear(response.headers.get("date"));
    outbox.answered();
  },
};

/** Asks once more with another token where the first was refused: it may have been revoked, or the clock be wrong. */
async function fetchTwice(request: Request): Promise<Response> {
  if (await outbox.keepBehind(request)) throw new Postponed();
  const again = request.clone();
  const used = request.headers.get("authorization")?.slice("Bearer ".length);
  try {
    const response = await fetch(request);
    const token = response.status === 401 && used ? await session.renew(used) : undefined;
    if (!token) return kept(again, response);
    const second = again.clone();
    second.headers.set("authorization", `Bearer ${token}`);
    return kept(again, await fetch(second));
  } catch (error) {
    if (error instanceof TypeError || error instanceof Unreached) return withoutServer(again);
    throw error;
  }
}

/** Keeps what is shown again. Of anything else no second copy is made: a file may be larger than what a page can hold twice. */
function kept(request: Request, response: Response): Response {
  if (isKept(request)) void keep(request, response.clone());
  return response;
}

/** Without the server: what was read before, or the wish put aside. */
async function withoutServer(request: Request): Promise<Response> {
  const before = await recall(request);
  if (before) {
    known.recalled(before.headers.get(READ_AT));
    return before;
  }
  if (await outbox.keep(request, await request.text())) throw new Postponed();
  throw new Unreached();
}

/** Sends what waits, in one tab at a time; `refused` is told what the server did not take. */
export async function sendWaiting(refused: (problem: unknown) => void): Promise<void> {
  await alone("campanile-outbox", () =>
    outbox.flush(
      async ({ method, url, headers, body }) => {
        const token = await session.token();
        const sent = { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
        return fetch(url, { method, headers: sent, ...(body ? { body } : {}) });
      },
      async (_, response) => refused(response ? await refusal(response, await response.json().catch(() => undefined)) : undefined),
    ),
  );
}

export const api: Api = createClient<paths>({ baseUrl: "", fetch: isDemo ? answerInPage : fetchTwice });
if (!isDemo) api.use(authorised);

/** What a call has answered, or its refusal thrown: `const page = await must(api.GET("/api/v1/schedules", …))`. */
export async function must<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw await refusal(response, error);
  return data as T;
}

/**
 * The same with the entity tag of the answer: what `If-Match` says of a thing whose version is not all of its tag. A proxy that compresses
 * answers makes it a weak one.
 */
export async function tagged<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<{ data: T; tag: string | undefined }> {
  const { response } = await call;
  return { data: await must(call), tag: response.headers.get("etag")?.replace(/^W\//, "") };
}

/** A key under which the same wish can be sent again without happening twice: a header of POST and PATCH. */
export function wish(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": uuid() };
}

/** `crypto.randomUUID` is only there over TLS and on this machine; a plain address in a home network has none. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
