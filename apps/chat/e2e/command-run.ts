import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const start = fileURLToPath(new URL("../start.mjs", import.meta.url));

/** The chat's command, while it runs. It ends with the test. */
export interface Run {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Resolves when it has said something that matches; rejects when it ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** What `pnpm chat` runs, with arguments. */
export function run(env: Readonly<Record<string, string>>, ...args: readonly string[]): Run {
  const child = spawn(process.execPath, ["--conditions=@solent/source", start, ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  const says = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(text);
        if (found === null) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`It ended without saying ${pattern}: ${text}`)));
    });
  return { child, said: () => text, ended, says };
}
