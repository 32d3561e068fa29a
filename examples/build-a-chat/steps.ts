import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folders of the tutorial's steps, in order. */
export type Step = "1-echo" | "2-room" | "3-page" | "4-session" | "5-people";

/** A step's server as its reader starts it, in a process of its own. */
export interface StartedStep extends AsyncDisposable {
  readonly url: string;
}

/** Runs the `server.ts` of a step, until disposed. @param port 0 takes a free one. */
export async function startStep(step: Step, port = 0): Promise<StartedStep> {
  const child = spawn(process.execPath, ["--conditions=@solent/source", "--import", "tsx", "server.ts"], {
    cwd: fileURLToPath(new URL(step, import.meta.url)),
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [line] = (await Promise.race([once(child.stdout, "data"), ended])) as [unknown];
  const url = /^http:\/\/localhost:\d+$/m.exec(String(line))?.[0];
  const stop = async (): Promise<void> => {
    child.kill();
    await ended;
  };
  if (url === undefined) {
    await stop();
    throw new Error(`The server of ${step} did not say where it is, but: ${String(line)}`);
  }
  return { url, [Symbol.asyncDispose]: stop };
}

/** What the reader of a step pastes into the browser's console. */
export function consoleCode(step: Step): string {
  return readFileSync(new URL(`${step}/console.js`, import.meta.url), "utf8");
}
