import { testServer, type TestServer } from "@solent/core/testing";
import { expect, test } from "vitest";
import { app } from "./chat.ts";
import { chat } from "./contract.ts";
import { session } from "./session.ts";

/** A page of somebody in a room, after its welcome. */
async function open(server: TestServer, name: string, room = "red") {
  const [cookie = ""] = (await session.issue(name)).split(";");
  const page = await server.connect(chat, `/rooms/${room}`, { headers: { cookie } });
  expect(await page.next()).toMatchObject({ type: "welcome" });
  return page;
}

test("everyone in the room hears it, with the name of who spoke", async () => {
  await using server = testServer(app);
  const ann = await open(server, "Ann");
  const ben = await open(server, "Ben");
  expect(await ann.next()).toEqual({ type: "came", data: { name: "Ben" } });

  // Whatever a page says about itself, its session decides.
  ben.sendFrame('{"type":"say","data":{"text":"hello","from":"Ann"}}');

  const said = { type: "said", data: { from: "Ben", text: "hello" } };
  expect([await ann.next(), await ben.next()]).toEqual([said, said]);
});

test("another room hears nothing", async () => {
  await using server = testServer(app);
  const ann = await open(server, "Ann");
  const eve = await open(server, "Eve", "blue");

  ann.send("say", { text: "hello" });

  await server.idle(); // nothing is queued and nothing runs: this silence is proof
  expect(eve.pending).toBe(0);
});

test("who has two pages open leaves with the second", async () => {
  await using server = testServer(app);
  const ann = await open(server, "Ann");
  const pages = [await open(server, "Ben"), await open(server, "Ben")];
  expect(await ann.next()).toEqual({ type: "came", data: { name: "Ben" } });

  pages[0]?.close();
  await server.idle();
  expect(ann.pending).toBe(0);

  pages[1]?.vanish(); // no close frame: the network is gone
  expect(await ann.next()).toEqual({ type: "left", data: { name: "Ben" } });
});

test("nobody comes in without a session, or with one they made up", async () => {
  await using server = testServer(app);
  for (const cookie of ["", "session=v1.QW5u.zzzzzzzz.AAAA"]) {
    await expect(server.connect(chat, "/rooms/red", { headers: { cookie } })).rejects.toMatchObject({
      code: "CONNECTION_DENIED",
      details: { status: 401 },
    });
  }
});

test("signing in gives a cookie, and a name without letters does not", async () => {
  await using server = testServer(app);
  const signIn = (name: string) => {
    const body = `name=${encodeURIComponent(name)}`;
    return server.fetch("/sign-in", { method: "POST", body, headers: { "content-length": String(body.length) } });
  };
  expect((await signIn("Ann")).headers.get("set-cookie")).toContain("HttpOnly");
  expect((await signIn("   ")).status).toBe(400);
});
