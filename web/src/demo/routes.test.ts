import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";

import { expect, test } from "vitest";

import { routesOf } from "./routes";
import { World } from "./world";

/** What screens ask for and a demonstration refuses, or never comes to: it has no session, no keys, no feeds and no files. */
const NOT = [
  "DELETE /api/v1/api-keys/{id}",
  "DELETE /api/v1/calendar/feeds/{id}",
  "GET /api/v1/calendar/export",
  "POST /api/v1/auth/login",
  "POST /api/v1/auth/logout",
  "POST /api/v1/auth/signup",
  "POST /api/v1/calendar/import",
];

test("the demonstration has everything that screens ask for, but for a list that says why", () => {
  const source = resolve(import.meta.dirname, "..");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith(".test.ts"));
  const asked = new Set<string>();
  for (const name of files) {
    for (const [, method, path] of readFileSync(join(source, name), "utf8").matchAll(/\bapi\.(GET|POST|PATCH|PUT|DELETE)\(\s*"([^"]+)"/g)) asked.add(`${method ?? ""} ${path ?? ""}`);
  }
  expect(asked.size).toBeGreaterThan(40);
  const routes = routesOf(new World(Date.now, "UTC", "en"));
  const missing = [...asked].filter((each) => {
    const [method = "", path = ""] = each.split(" ");
    return !routes.has(method, path);
  });
  expect(missing.sort()).toEqual(NOT);
});
