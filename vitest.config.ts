import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// Packages are used from source: the same condition as in tsconfig.base.json and in `tsx --conditions`.
const conditions = ["@solent/source", ...defaultServerConditions];

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    environment: "node",
    testTimeout: 10_000,
    hookTimeout: 20_000,
    projects: [
      { extends: true, test: { name: "unit", include: ["packages/*/src/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "suite", include: ["test/**/*.test.ts"], exclude: ["test/**/fixtures/**", "**/node_modules/**"] },
      },
      {
        extends: true,
        test: { name: "examples", include: ["examples/**/*.test.ts"], exclude: ["**/node_modules/**"] },
      },
      { extends: true, test: { name: "chat", include: ["apps/chat/**/*.test.ts"], exclude: ["**/node_modules/**"] } },
    ],
  },
});
