import { defineConfig } from "vitest/config";

// The stories in the browser, and the contract with the server instead of the demonstration. One server and one browser a file, two files at a time: as many as small machines have cores.
export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts", "tests/contract/**/*.test.ts"],
    env: { CONTRACT: "server" },
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    // The files share nothing but what they import, which takes a second each time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A state is waited for as long as an element is; a second is nothing on a busy machine.
    expect: { poll: { timeout: 20_000, interval: 100 } },
    reporters: ["verbose"],
  },
});
