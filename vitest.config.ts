import { availableParallelism } from "node:os";
import { defaultServerConditions } from "vite";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

// Packages are used from source: the same condition as in tsconfig.base.json and in `tsx --conditions`.
const conditions = ["@solent/source", ...defaultServerConditions];

// What only the page does, whichever Node serves it.
const pageTests = ["apps/chat/e2e/page/**/*.test.ts", "test/transports/page/**/*.test.ts"];

// What several servers do together, each of them a process of its own: long, and the same whichever Node runs them.
const nodesTests = ["apps/chat/e2e/nodes/**/*.test.ts", "test/transports/nodes/**/*.test.ts"];
const redisTests = "test/{chaos,redis,interop,from-outside,support/redis}/**/*.test.ts";

const notTests = ["**/node_modules/**", "**/dist/**", "**/fixtures/**"];

interface More {
  exclude?: string[];
  /** Its tests open a browser: Chromium is found or installed first. */
  browser?: boolean;
  /** Its tests talk to Redis: a server is found or started first. */
  redis?: boolean;
  /** More that runs before its tests. */
  setup?: string;
  /** Projects of a later turn begin when those of the earlier ones have ended: they would take the machine from each other. */
  turn?: number;
}

function project(name: string, include: string[], more: More = {}) {
  return {
    extends: true,
    test: {
      name,
      include,
      exclude: [...notTests, ...(more.exclude ?? [])],
      setupFiles: ["./test/setup/leaks.ts"],
      sequence: { groupOrder: more.turn ?? 0 },
      globalSetup: [
        ...(more.browser ? ["./test/setup/chromium.ts"] : []),
        ...(more.redis ? ["./test/setup/redis.ts"] : []),
        ...(more.setup === undefined ? [] : [more.setup]),
      ],
    },
  } satisfies TestProjectInlineConfiguration;
}

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    environment: "node",
    // Most tests wait for sockets and child processes, so two workers are right even on two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    testTimeout: 10_000,
    hookTimeout: 20_000,
    projects: [
      project("unit", ["packages/*/src/**/*.test.ts"]),
      project("suite", ["test/**/*.test.ts"], {
        exclude: ["test/e2e/**", redisTests, ...pageTests, ...nodesTests],
        redis: true,
        setup: "./test/setup/haproxy.ts",
      }),
      project("redis", [redisTests], { redis: true, turn: 2 }),
      project("examples", ["examples/**/*.test.ts"], { browser: true }),
      project("chat", ["apps/chat/**/*.test.ts"], {
        exclude: [...pageTests, ...nodesTests],
        browser: true,
        setup: "./test/setup/chat-programs.ts",
      }),
      project("page", pageTests, { browser: true, turn: 1 }),
      project("nodes", nodesTests, { browser: true, setup: "./test/setup/chat-programs.ts", turn: 2 }),
      project("e2e", ["test/e2e/**/*.test.ts"], { browser: true }),
    ],
  },
});
