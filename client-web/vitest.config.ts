import { defineConfig } from "vitest/config";

/** Unit tests in Node, and browser tests in Chromium against the real server. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts"] } },
      {
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          globalSetup: ["tests/browser/support/setup.ts"],
          // Each file has a browser and a server of its own and shares no state, so isolation adds nothing.
          maxWorkers: 2,
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Long enough for a busy machine; the default is one second.
          expect: { poll: { timeout: 10_000 } },
        },
      },
    ],
  },
});
