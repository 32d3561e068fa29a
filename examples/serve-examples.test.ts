import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { examples } from "./examples.ts";
import { serveExamples } from "./serve-examples.ts";

const names = [...examples.keys()];

/** The status of a WebSocket handshake that is refused. */
async function handshake(url: string): Promise<number | undefined> {
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  return new Promise((resolve, reject) => {
    const request = get(url, { headers }, (response) => resolve(response.resume().statusCode));
    request.once("upgrade", () => reject(new Error(`${url} was accepted`)));
    request.once("error", reject);
  });
}

test("all examples together are listed, and each has its page and its source", async () => {
  await using served = await serveExamples(names, 0);
  const list = await (await fetch(served.url)).text();
  for (const name of names) {
    expect(list).toContain(`<a href="/${name}/">`);
    expect(await (await fetch(`${served.url}${name}/`)).text()).toContain("/page.js");
    expect(await (await fetch(`${served.url}${name}/server.ts`)).text()).toContain("ProtocolTypeRouter");
  }
});

test.each([
  ["observer-list", 10, /^class Observer[^]*?^}/m],
  ["site-notice", 20, /^const site =[^]*(?=^export const app)/m],
])("what %s shows takes %i lines at most, as its README says", async (name, most, part) => {
  const source = await readFile(new URL(`${name}/server.ts`, import.meta.url), "utf8");
  const [shown = ""] = part.exec(source) ?? [];
  const lines = shown.split("\n").filter((line) => !/^(?:\s*|\s*\/[/*].*)$/.test(line));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.length).toBeLessThanOrEqual(most);
});

test("a path that is nobody's is 404, for a page and for a socket", async () => {
  await using served = await serveExamples(names, 0);
  for (const path of ["nope", "nope/", "echo-1v1/package.json", "echo-1v1/..%2fstart.ts", "echo-1v1/a/b"]) {
    expect((await fetch(served.url + path)).status).toBe(404);
  }
  for (const path of ["nope", "echo-1v1", "echo-1v1/nope", "group-chat-contract/rooms/no.such.name"]) {
    expect(await handshake(served.url + path)).toBe(404);
  }
});

test("a name without an example is answered with the names there are", async () => {
  await expect(serveExamples(["nope"], 0)).rejects.toThrow('There is no example "nope". There are: echo-1v1, ');
});

test("the start command serves one example until it is told to stop", async () => {
  const child = spawn(
    process.execPath,
    ["--conditions=@solent/source", "--import", "tsx", "start.ts", "background-work"],
    { cwd: fileURLToPath(new URL(".", import.meta.url)), env: { ...process.env, PORT: "0" } },
  );
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const [url = ""] = /http:\S+/.exec(String(line)) ?? [];
  expect(url).toMatch(/\/background-work\/$/);
  expect(await (await fetch(url)).text()).toContain("Work in the background");
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
});
