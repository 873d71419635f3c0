// A real server, a real browser, and people who use the one through the other.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, onTestFailed } from "vitest";

import { PASSWORD, ROOT, Server } from "./server";

export { PASSWORD } from "./server";
export const SCREENSHOTS = resolve(ROOT, "web/screenshots");

/** Who uses the server, in a browser with cookies of its own. */
export interface Person {
  email: string;
  name: string;
  context: BrowserContext;
  page: Page;
  /** Asks the API as this person, beside the page; a text is sent as it is. */
  api<T = unknown>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
}

export interface House {
  server: Server;
  browser: Browser;
  /** A window of a browser that knows nobody. */
  open(options?: BrowserContextOptions): Promise<{ context: BrowserContext; page: Page }>;
  /** Somebody new, signed up by the API and signed in in a window. */
  person(name: string, options?: BrowserContextOptions & { at?: string }): Promise<Person>;
}

export const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, locale: "en-GB", timezoneId: "Asia/Seoul", colorScheme: "light", reducedMotion: "reduce" };
export const PHONE: BrowserContextOptions = { ...DESK, viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
export const KOREAN: BrowserContextOptions = { locale: "ko-KR" };

/** One house for the tests of a file, with `settings` for its server. What the browser complains about fails the test it happens in. */
export function house(settings: () => Promise<readonly string[]> = async () => []): House {
  const server = new Server();
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  let complaints: string[] = [];
  let people = 0;

  beforeAll(async () => {
    const executablePath = execFileSync(join(ROOT, "scripts/chromium.sh"), { encoding: "utf8" }).trim();
    // Containers have no sandbox to give and little shared memory; the only page that is opened is ours.
    const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb", "--font-render-hinting=none"];
    mkdirSync(SCREENSHOTS, { recursive: true });
    server.settings = await settings();
    [browser] = await Promise.all([chromium.launch({ executablePath, args }), server.start()]);
  });
  afterEach(async () => {
    await Promise.all(contexts.map((context) => context.close()));
    const heard = complaints;
    [contexts, complaints] = [[], []];
    expect(heard).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await server.remove();
  });

  async function open(options: BrowserContextOptions = {}): Promise<{ context: BrowserContext; page: Page }> {
    // A service worker fetches the whole page for later, which only the stories of later need: `serviceWorkers: "allow"`.
    const context = await browser.newContext({ ...DESK, serviceWorkers: "block", ...options, baseURL: server.url });
    contexts.push(context);
    context.setDefaultTimeout(20_000);
    context.on("page", (page) => watch(page));
    const page = await context.newPage();
    onTestFailed(async () => {
      await page.screenshot({ path: join(SCREENSHOTS, "failed.png") }).catch(() => undefined);
    });
    return { context, page };
  }

  function watch(page: Page): void {
    page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
    page.on("console", (message) => {
      // What the network says is part of many stories; what the policy blocks, or the page itself, is not.
      if (message.type() === "error" && !/^Failed to load resource/.test(message.text())) complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url) && !/^(data|blob|about):/.test(request.url())) complaints.push(`left the host: ${request.url()}`);
    });
  }

  async function person(name: string, { at = "/inbox", ...options }: BrowserContextOptions & { at?: string } = {}): Promise<Person> {
    const email = `${name.toLowerCase()}-${String(process.pid)}-${String(++people)}@example.org`;
    const { context, page } = await open(options);
    const locale = (options.locale ?? "en").slice(0, 2);
    const data = { email, password: PASSWORD, display_name: name, time_zone: "Asia/Seoul", locale };
    const answer = await context.request.post("/api/v1/auth/signup", { data });
    expect(answer.status()).toBe(201);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const api = async <T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> => {
      const response = await fetch(`${server.url}/api/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${String(response.status)} ${text}`);
      return (text ? JSON.parse(text) : undefined) as T;
    };
    // The cookies of signing up are the browser's: the page finds them, as after a restart of it.
    await page.goto(at);
    await page.getByRole("navigation").first().waitFor();
    return { email, name, context, page, api };
  }

  return {
    server,
    get browser() {
      return browser;
    },
    open,
    person,
  };
}
