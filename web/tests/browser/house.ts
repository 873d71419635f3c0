// A real server on a port and in a folder of its own, a real browser, and people who use the one through the other.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, onTestFailed } from "vitest";

const ROOT = resolve(import.meta.dirname, "../../..");
export const SCREENSHOTS = resolve(ROOT, "web/screenshots");
export const PASSWORD = "a bell tower by the sea";

function binary(): string {
  const path = process.env["CAMPANILE_BINARY"] ?? join(resolve(ROOT, process.env["CARGO_TARGET_DIR"] ?? "target"), "debug/campanile");
  if (!existsSync(path)) throw new Error(`${path} is missing: cargo build -p campanile`);
  return path;
}

/** A running `campanile serve`. */
export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), "campanile-web-"));
  url = "";
  #process: ChildProcess | undefined;

  async start(): Promise<void> {
    // After a restart it is found where it was.
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    // While the page is worked on, the built files are taken as they are; otherwise what is compiled in.
    const page = process.env["CAMPANILE_PAGE"] ? ["--set", `http.page=${resolve(process.env["CAMPANILE_PAGE"])}`] : [];
    const args = ["serve", "--listen", listen, "--data", join(this.folder, "data"), "--log-format", "json", "--set", "identity.password_memory_kib=19456", ...page];
    // The server refuses variables of its own name that it does not know, and those of the tests are such.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CAMPANILE_")));
    const child = spawn(binary(), args, { stdio: ["ignore", "pipe", "pipe"], env });
    this.#process = child;
    let log = "";
    this.url = await new Promise<string>((ready, failed) => {
      const read = (bytes: Buffer): void => {
        log += bytes.toString();
        const found = /"message":"ready".*?"url":"([^"]+)"|"url":"([^"]+)".*?"message":"ready"/.exec(log);
        const url = found?.[1] ?? found?.[2];
        if (url) ready(url);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("exit", (code) => failed(new Error(`the server ended with ${String(code)}:\n${log}`)));
      child.on("error", failed);
    });
  }

  /** As when the machine loses its power. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    this.#process = undefined;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Who uses the server, in a browser with cookies of its own. */
export interface Person {
  email: string;
  name: string;
  context: BrowserContext;
  page: Page;
  /** Asks the API as this person, beside the page. */
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

/** One house for the tests of a file. What the browser complains about fails the test it happens in. */
export function house(): House {
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
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
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
