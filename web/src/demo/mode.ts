// Whether this page is the demonstration. Its address says so for as long as the page lives: /demo/… is one, everything else is not, and
// who goes from the one to the other loads the page anew. So nothing of a demonstration ever meets what belongs to somebody.
import type { Demo } from "./demo";

/** What stands before the addresses of this page. */
export const base = /^\/demo(\/|$)/.test(globalThis.location?.pathname ?? "") ? "/demo" : "";

export const isDemo = base !== "";

let begun: Promise<Demo> | undefined;

/** Answers in the place of the server, which is never asked. Its code and its week come with the first request. */
export async function answerInPage(request: Request): Promise<Response> {
  begun ??= import("./begin").then(({ begin }) => begin());
  return (await begun).answer(request);
}
