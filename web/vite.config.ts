import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { constants, brotliCompressSync, gzipSync } from "node:zlib";
import { type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Writes a `.br` and a `.gz` beside each file that is worth it: the server sends what the browser takes, and compresses nothing. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    // After everything is on the disk: until then, other plugins change what is in the files.
    async closeBundle() {
      const folder = fileURLToPath(new URL("dist/", import.meta.url));
      for (const name of await readdir(folder, { recursive: true })) {
        if (!/\.(js|css|html|svg|json|webmanifest|txt)$/.test(name)) continue;
        const bytes = await readFile(folder + name);
        if (bytes.length < 1_000) continue;
        await writeFile(`${folder}${name}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        await writeFile(`${folder}${name}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

// `vite` alone serves the sources and hands everything of the API to a running `campanile serve`.
const server = process.env["CAMPANILE_URL"] ?? "http://127.0.0.1:8080";
const proxied = { target: server, changeOrigin: true };

export default defineConfig({
  plugins: [tailwindcss(), svelte(), compressed()],
  build: {
    target: "es2023",
    // No inline script, as the content security policy wants; and no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": proxied, "/docs": proxied, "/openapi.json": proxied } },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
