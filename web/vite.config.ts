import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, brotliCompressSync, gzipSync } from "node:zlib";
import { type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The client of the streams, as its sources stand in this repository. */
const SDK = fileURLToPath(new URL("../sdk/typescript/src/index.ts", import.meta.url));
const DIST = fileURLToPath(new URL("dist/", import.meta.url));

/** What is left to do with the files when all of them are on the disk: until then, other plugins change what is in them. */
function finished(): Plugin {
  return {
    name: "finished",
    apply: "build",
    async closeBundle() {
      const all = await readdir(DIST, { recursive: true, withFileTypes: true });
      const names = all.filter((entry) => entry.isFile()).map((entry) => relative(DIST, join(entry.parentPath, entry.name)));
      await list(names.sort());
      for (const name of names) await compress(join(DIST, name));
    },
  };
}

/** Tells the service worker of which files this version consists: one that has them all opens the page without the server. */
async function list(names: readonly string[]): Promise<void> {
  // The demonstration is for those who have no account, and is not carried about by those who have.
  const own = names.filter((name) => !["index.html", "sw.js"].includes(name) && !name.startsWith("assets/demo-"));
  const digest = createHash("sha256");
  for (const name of ["index.html", ...own]) digest.update(name).update(await readFile(join(DIST, name)));
  const worker = await readFile(join(DIST, "sw.js"), "utf8");
  const files = JSON.stringify(own.map((name) => `/${name}`));
  const version = JSON.stringify(digest.digest("hex").slice(0, 16));
  await writeFile(join(DIST, "sw.js"), worker.replaceAll("__FILES__", files).replaceAll("__VERSION__", version));
}

/** Writes a `.br` and a `.gz` beside a file that is worth it: the server sends what the browser takes, and compresses nothing. */
async function compress(path: string): Promise<void> {
  const bytes = await readFile(path);
  if (bytes.length < 1_000 || !/\.(js|css|html|svg|webmanifest)$/.test(path)) return;
  await writeFile(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
}

// `vite` alone serves the sources and hands everything of the API to a running `campanile serve`.
const server = process.env["CAMPANILE_URL"] ?? "http://127.0.0.1:8080";
const proxied = { target: server, changeOrigin: true };

export default defineConfig({
  plugins: [tailwindcss(), svelte(), finished()],
  resolve: { alias: { "@campanile/client": SDK } },
  build: {
    target: "es2023",
    // No inline script, as the content security policy wants; and no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: "index.html", sw: "src/sw.ts" },
      // A service worker is found by its name.
      output: {
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: ({ facadeModuleId }) => (facadeModuleId?.includes("/src/demo/") ? "assets/demo-[name]-[hash].js" : "assets/[name]-[hash].js"),
      },
    },
  },
  server: { fs: { allow: [".", "../sdk"] }, proxy: { "/api": proxied, "/docs": proxied, "/openapi.json": proxied } },
  // The contract with the demonstration reads the whole document of the API first.
  test: { include: ["src/**/*.test.ts", "tests/contract/**/*.test.ts"], environment: "node", testTimeout: 30_000, expect: { poll: { timeout: 10_000 } } },
});
