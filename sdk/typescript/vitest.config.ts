import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    pool: "forks",
    maxWorkers: 2,
    // Node 20 has a WebSocket of its own only when it is asked for.
    execArgv: ["--experimental-websocket"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A state is waited for as long as it takes; a second is nothing on a busy machine.
    expect: { poll: { timeout: 20_000, interval: 50 } },
  },
});
