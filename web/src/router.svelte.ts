// Real addresses by the History API: every state worth coming back to has one, and the server answers each of them with the page. In the
// demonstration all of them stand below /demo, which nobody else has to know.
import { base } from "./demo/mode";

class Router {
  #path = $state(pathHere());
  #search = $state.raw(new URLSearchParams(location.search));

  constructor() {
    addEventListener("popstate", () => this.#read());
  }

  get path(): string {
    return this.#path;
  }

  get search(): URLSearchParams {
    return this.#search;
  }

  /** Goes to an address of the page, `/calendar/week/2026-11-20?tag=…`. */
  go(to: string, { replace = false } = {}): void {
    const target = new URL(to, location.href);
    if (!isHere(target.pathname)) target.pathname = base + target.pathname;
    if (target.href === location.href) return;
    if (replace) history.replaceState(null, "", target);
    else history.pushState(null, "", target);
    const before = this.#path;
    this.#read();
    const moved = before !== this.#path;
    if (moved && !replace) scrollTo(0, 0);
  }

  /** Changes the query of the present address; what is undefined or empty goes. */
  ask(changes: Record<string, string | undefined>, { replace = true } = {}): void {
    const search = new URLSearchParams(this.#search);
    for (const [name, value] of Object.entries(changes)) {
      if (value) search.set(name, value);
      else search.delete(name);
    }
    const text = search.toString();
    this.go(`${this.#path}${text ? `?${text}` : ""}`, { replace });
  }

  /** For `onclick` of the whole page: links into the page do not load it anew. */
  readonly follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link?.href || (link.target && link.target !== "_self") || link.hasAttribute("download") || link.rel === "external") return;
    const target = new URL(link.href);
    if (target.origin !== location.origin || /^\/(api|docs|demo|openapi\.json|asyncapi\.json)(\/|$)/.test(target.pathname)) return;
    if (target.hash && target.pathname === location.pathname && target.search === location.search) return;
    event.preventDefault();
    this.go(link.href);
  };

  #read(): void {
    this.#path = pathHere();
    this.#search = new URLSearchParams(location.search);
  }
}

function isHere(path: string): boolean {
  return base === "" || path === base || path.startsWith(`${base}/`);
}

/** The present address within the page. */
function pathHere(): string {
  return isHere(location.pathname) ? location.pathname.slice(base.length) || "/" : location.pathname;
}

export const router = new Router();
