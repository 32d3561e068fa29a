import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("cli.ts", import.meta.url));
// The package that has a TypeScript loader.
const cwd = fileURLToPath(new URL("../../../../examples/", import.meta.url));
const fixture = fileURLToPath(new URL("../../../../test/support/routed-app.ts", import.meta.url));

const solent = (...words: string[]) =>
  run(process.execPath, ["--conditions=@solent/source", "--import", "tsx", cli, ...words], { cwd }).catch(
    (error: unknown) => error as { stdout: string; stderr: string; code: number },
  );

describe("solent", () => {
  test("routes lists every route with the class it leads to", async () => {
    const { stdout } = await solent("routes", fixture);
    expect(stdout).toBe("websocket  /rooms/:room  Chat\nwebsocket  /raw          Raw\n");
  });

  test("asyncapi prints a document", async () => {
    const { stdout } = await solent("asyncapi", fixture);
    expect(JSON.parse(stdout)).toMatchObject({ asyncapi: "3.0.0", channels: { Chat: { address: "/rooms/{room}" } } });
  });

  test("a module without an application, and words it does not know, get one line and a status", async () => {
    expect(await solent("routes", cli.replace("cli.ts", "limits-nowhere.ts"))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^solent: Cannot find module .*\n$/),
    });
    expect(await solent("dance")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("usage: solent routes MODULE"),
    });
    expect(await solent("routes", fixture, "nothing")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no application called "nothing"'),
    });
  });
});
