import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

// The whole compiler runs here, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const here = fileURLToPath(new URL(".", import.meta.url));
const read = (file: string) => readFileSync(join(here, file), "utf8");

test("without its session, the router of step 4 does not compile, with the message that the guide shows", () => {
  mkdirSync(join(here, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(here, ".cache/mistake-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const right = read("4-session/chat.ts").replaceAll(' "./', ' "../../4-session/');
  const wrong = right.replace(/session\((new URLRouter.*)\)/, "$1");
  expect(wrong).not.toBe(right);
  writeFileSync(join(folder, "right.ts"), right);
  writeFileSync(join(folder, "wrong.ts"), wrong);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));

  const tsc = join(here, "../../node_modules/.bin/tsc");
  const { stdout } = spawnSync(tsc, ["-p", folder, "--pretty", "false"], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });

  const [, shown] = /```text\n(Type .*)\n```/.exec(read("../../docs/guide/build-a-chat.md")) ?? [];
  const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain("wrong.ts");
  expect(errors[0]).toContain(`: ${shown}`);
});
