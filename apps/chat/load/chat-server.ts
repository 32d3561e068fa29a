import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A chat that runs. */
export interface RunningChat extends AsyncDisposable {
  readonly url: string;
}

const stopWithinMs = 10_000;

/** A chat of its own for a load test: another process, with a database that is thrown away. */
export async function startChat(people: number): Promise<RunningChat> {
  const folder = await mkdtemp(join(tmpdir(), "solent-chat-load-"));
  const child = fork(fileURLToPath(new URL("server-process.ts", import.meta.url)), [folder, String(people)], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    execArgv: ["--conditions=@solent/source", "--import", "tsx"],
    // The core checks less of what its application sends than it does in development.
    env: { ...process.env, NODE_ENV: "production" },
  });
  const exit = once(child, "exit");
  const stop = async (): Promise<void> => {
    await end(child, exit);
    await rm(folder, { recursive: true, force: true });
  };
  const [url] = (await Promise.race([once(child, "message"), exit])) as [unknown];
  if (typeof url === "string") return { url, [Symbol.asyncDispose]: stop };
  await stop();
  throw new Error("The chat's own server did not start; what it said is above.");
}

async function end(child: ChildProcess, exit: Promise<unknown>): Promise<void> {
  const force = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
  if (child.connected) child.disconnect();
  await exit;
  clearTimeout(force);
}
