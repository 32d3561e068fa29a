import { mkdtemp, rm } from "node:fs/promises";
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { run } from "./command-run.ts";

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "solent-chat-command-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function signIn(url: string, name: string, password: string): Promise<number> {
  const response = await fetch(`${url}/api/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password }),
  });
  await response.arrayBuffer();
  return response.status;
}

describe("the chat's command", { timeout: 60_000 }, () => {
  test("says where the page is and the admin's password once, keeps what it knows, and stops when told to", async () => {
    const env = { PORT: "0", CHAT_ADMIN: "Zoë", CHAT_DATABASE: join(await temporaryFolder(), "new", "chat.sqlite") };
    const chat = run(env);
    const [, url = ""] = await chat.says(/(http:\/\/localhost:\d+)/);
    const [, password = ""] = await chat.says(/The password of “Zoë” is ([\w-]{16}) /);
    expect(await (await fetch(url)).text()).toContain("<title>Solent Chat</title>");
    expect(await signIn(url, "Zoë", password)).toBe(200);
    chat.child.kill("SIGTERM");
    expect(await chat.ended).toEqual({ code: 0, signal: null });

    const again = run(env);
    const [, newUrl = ""] = await again.says(/(http:\/\/localhost:\d+)/);
    expect(await signIn(newUrl, "Zoë", password)).toBe(200);
    again.child.kill("SIGTERM");
    expect(await again.ended).toMatchObject({ code: 0 });
    expect(again.said()).not.toContain("The password of");
    expect(again.said()).not.toContain(password);
  });

  test("logs what happens as JSON lines, without a password", async () => {
    const password = "correct horse";
    const chat = run({ PORT: "0", CHAT_DATABASE: ":memory:", CHAT_ADMIN_PASSWORD: password });
    const [, url = ""] = await chat.says(/(http:\/\/localhost:\d+)/);
    expect(await signIn(url, "Ann", "her own password")).toBe(201);
    expect(await signIn(url, "Ann", "some other password")).toBe(401);
    chat.child.kill("SIGTERM");
    expect(await chat.ended).toMatchObject({ code: 0 });
    const lines = chat
      .said()
      .split("\n")
      .filter((line) => line.startsWith("{"));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      "the chat has started",
      "signed up",
      "a sign-in was refused: wrong password",
      "the chat is stopping",
      "the chat has stopped",
    ]);
    expect(chat.said()).not.toMatch(/password of|her own|some other|correct horse/);
  });

  test("waits for a request that is being answered, and stops at once when it is told twice", async () => {
    const chat = run({ PORT: "0", CHAT_DATABASE: ":memory:", CHAT_ADMIN_PASSWORD: "correct horse" });
    const [, port = ""] = await chat.says(/http:\/\/localhost:(\d+)/);
    const slow = connect(Number(port), "localhost");
    onTestFinished(() => void slow.destroy());
    slow.on("error", () => undefined);
    // The server has read the head when it asks for the body.
    slow.write(
      "POST /api/session HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n" +
        "content-length: 9\r\nexpect: 100-continue\r\n\r\n",
    );
    await once(slow, "data");
    chat.child.kill("SIGTERM");
    await chat.says(/the chat is stopping/);
    chat.child.kill("SIGTERM");
    expect(await chat.ended).toEqual({ code: 1, signal: null });
    expect(chat.said()).not.toContain("the chat has stopped");
  });

  test("says in one line that a port is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, resolve));
    onTestFinished(() => new Promise<void>((resolve) => void taken.close(() => resolve())));
    const { port } = taken.address() as AddressInfo;
    const chat = run({ PORT: String(port), CHAT_DATABASE: ":memory:", CHAT_ADMIN_PASSWORD: "correct horse" });
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toBe(
      `Port ${port} is in use: stop what uses it, or choose another, for example PORT=${port + 1}.\n`,
    );
  });

  test("says in one line a variable what is wrong with it", async () => {
    const chat = run({ PORT: "eighty", CHAT_SECRET: "short" });
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toBe(
      "PORT is wrong: set it to a whole number from 0 to 65535.\n" +
        "CHAT_SECRET is wrong: set it to at least 32 characters, or leave it out for one that is made up and kept in the database.\n",
    );
  });

  test("says in one line that a file is no database", async () => {
    const chat = run({ CHAT_DATABASE: import.meta.filename });
    expect(await chat.ended).toMatchObject({ code: 1 });
    expect(chat.said()).toMatch(/^The database of CHAT_DATABASE cannot be used: .*not a database.*\n$/);
  });
});
