import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const start = fileURLToPath(new URL("../start.mjs", import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Resolves when it has said something that matches; rejects when it ends before. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
}

/** What `pnpm chat` runs. */
function run(env: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, ["--conditions=@solent/source", start], {
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

describe("the chat's command", { timeout: 60_000 }, () => {
  test("serves the page on the port it is given, says where, and stops gracefully when told to", async () => {
    const chat = run({ PORT: "0", CHAT_ADMIN: "Zoë" });
    const [, url = ""] = await chat.says(/(http:\/\/localhost:\d+)/);
    expect(chat.said()).toContain("“Zoë”");
    expect(await (await fetch(url)).text()).toContain("<title>Solent Chat</title>");
    chat.child.kill("SIGTERM");
    expect(await chat.ended).toEqual({ code: 0, signal: null });
  });

  test("says in one line that a port is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    onTestFinished(() => new Promise<void>((resolve) => void taken.close(() => resolve())));
    const { port } = taken.address() as AddressInfo;
    const chat = run({ PORT: String(port) });
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toBe(
      `Port ${port} is in use: stop what uses it, or choose another, for example PORT=${port + 1}.\n`,
    );
  });

  test("says in one line a variable what is wrong with it", async () => {
    const chat = run({ PORT: "eighty", CHAT_SECRET: "short" });
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toBe(
      "PORT is wrong: it is a whole number from 0 to 65535.\n" +
        "CHAT_SECRET is wrong: it has at least 32 characters; leave it out to make one up at every start.\n",
    );
  });
});
