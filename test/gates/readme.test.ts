import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./run-gate.ts";

const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { packageManager: string };
const top = readFileSync(join(root, "README.md"), "utf8").split("\n").slice(0, 40).join("\n");

test.each(["chat", "test"])("the top of README.md tells the command that runs `%s`, with the pinned pnpm", (script) => {
  expect(top).toMatch(new RegExp(`^\\s*npx -y ${packageManager.replaceAll(".", "\\.")} ${script}\\b`, "m"));
});
