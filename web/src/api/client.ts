// The API, as the server's own document describes it: paths, parameters and bodies are checked by the compiler.
import createClient, { type Client, type Middleware } from "openapi-fetch";

import { now } from "../time/now";
import { Unreached, refusal } from "./problem";
import type { paths } from "./schema";
import { Session } from "./session";

export type Api = Client<paths>;

export const session = new Session();

// What needs no token, and must not wait for one.
const OPEN: readonly string[] = ["/api/v1/auth/login", "/api/v1/auth/signup", "/api/v1/auth/refresh"];

const authorised: Middleware = {
  async onRequest({ request, schemaPath }) {
    if (OPEN.includes(schemaPath)) return undefined;
    const token = await session.token();
    if (token) request.headers.set("authorization", `Bearer ${token}`);
    return request;
  },
  onResponse({ response }) {
    now.hear(response.headers.get("date"));
  },
};

/** Asks once more with another token where the first was refused: it may have been revoked, or the clock be wrong. */
async function fetchTwice(request: Request): Promise<Response> {
  const again = request.clone();
  const used = request.headers.get("authorization")?.slice("Bearer ".length);
  let response: Response;
  try {
    response = await fetch(request);
    if (response.status === 401 && used) {
      const token = await session.renew(used);
      if (token) {
        again.headers.set("authorization", `Bearer ${token}`);
        response = await fetch(again);
      }
    }
  } catch (error) {
    if (error instanceof TypeError) throw new Unreached();
    throw error;
  }
  return response;
}

export const api: Api = createClient<paths>({ baseUrl: "", fetch: fetchTwice });
api.use(authorised);

/** What a call has answered, or its refusal thrown: `const page = await must(api.GET("/api/v1/schedules", …))`. */
export async function must<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw await refusal(response, error);
  return data as T;
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
