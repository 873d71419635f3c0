import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { constants, brotliCompressSync, gzipSync } from "node:zlib";
import { type Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Writes a `.br` and a `.gz` beside each file that is worth it: the server sends what the browser takes, and compresses nothing. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        const bytes = Buffer.from(file.type === "chunk" ? file.code : file.source);
        if (bytes.length < 1_000 || /\.(png|woff2)$/.test(name)) continue;
        const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
        this.emitFile({ type: "asset", fileName: `${name}.br`, source: brotli });
        this.emitFile({ type: "asset", fileName: `${name}.gz`, source: gzipSync(bytes, { level: 9 }) });
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
