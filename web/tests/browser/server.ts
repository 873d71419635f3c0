// A real server on a port and in a folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");
export const PASSWORD = "a bell tower by the sea";

function binary(): string {
  const path = process.env["CAMPANILE_BINARY"] ?? join(resolve(ROOT, process.env["CARGO_TARGET_DIR"] ?? "target"), "debug/campanile");
  if (!existsSync(path)) throw new Error(`${path} is missing: cargo build -p campanile`);
  return path;
}

/** A running `campanile serve`. */
export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), "campanile-web-"));
  /** Beside those of all tests: `campaigns.starts_per_second=100`. */
  settings: readonly string[] = [];
  url = "";
  #process: ChildProcess | undefined;

  async start(): Promise<void> {
    // After a restart it is found where it was.
    const listen = this.url ? new URL(this.url).host : "127.0.0.1:0";
    // While the page is worked on, the built files are taken as they are; otherwise what is compiled in.
    const page = process.env["CAMPANILE_PAGE"] ? ["--set", `http.page=${resolve(process.env["CAMPANILE_PAGE"])}`] : [];
    const args = ["serve", "--listen", listen, "--data", join(this.folder, "data"), "--log-format", "json", "--set", "identity.password_memory_kib=19456", ...page, ...this.settings.flatMap((setting) => ["--set", setting])];
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
