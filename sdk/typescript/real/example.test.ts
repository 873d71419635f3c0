import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

import { expect, test } from "vitest";

import { house, room } from "./house.js";

const { server, person } = house();
const ROOT = resolve(import.meta.dirname, "..");

test("the example of the README runs as it stands there, with the package as it is built", async () => {
  const code = readFileSync(resolve(ROOT, "examples/room.mjs"), "utf8");
  expect(readFileSync(resolve(ROOT, "README.md"), "utf8")).toContain(`\`\`\`js\n${code}\`\`\``);
  expect(code.trimEnd().split("\n").length).toBeLessThanOrEqual(24);
  expect(existsSync(resolve(ROOT, "dist/index.js")), "npm run build").toBe(true);
  const ada = await person("Ada");
  const id = await room(ada);
  const env = { PATH: process.env["PATH"], CAMPANILE_URL: server.url, CAMPANILE_TOKEN: ada.token, CAMPANILE_ROOM: id };
  const example = spawn(process.execPath, ["examples/room.mjs"], { cwd: ROOT, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((done) => example.on("exit", done));
  let said = "";
  example.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  for (const line of ["load me ready", `load ${id} ready`, "published evt_"]) await expect.poll(() => said).toContain(line);
  await ada.campanile.publish({ room_id: id, type: "order.paid", data: { order: 4712 } });
  await expect.poll(() => said).toMatch(new RegExp(`${id} order.paid [^]*order: 4712`));
  await expect.poll(() => said).toContain("unread: 0");
  example.kill("SIGTERM");
  expect(await ended).toBe(0);
});
