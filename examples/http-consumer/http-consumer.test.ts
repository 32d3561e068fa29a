import { createHash } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { inBrowser } from "../browser.ts";

const open = inBrowser("http-consumer");

test("a file is read in pieces while everybody sees how far it is", async () => {
  const [ann, bob] = await open("", "");
  const slow = request(new URL("files/half.txt", ann.page.url()), {
    method: "POST",
    headers: { "content-length": 1000 },
  });
  slow.on("error", () => {});
  slow.write("x".repeat(500));
  for (const visitor of [ann, bob]) await visitor.sees("half.txt: 50 %");
  slow.end("y".repeat(500));
  const [answer] = (await once(slow, "response")) as [IncomingMessage];
  expect(answer.resume().statusCode).toBe(200);
  for (const visitor of [ann, bob]) await visitor.sees("half.txt: 50 %", "half.txt: 100 %", "half.txt: done");
});

test("a browser's file arrives whole, and its name is text", async () => {
  const [ann, bob] = await open("", "");
  const buffer = Buffer.from("0123456789".repeat(300_000));
  const name = `<img src=x onerror="document.title='broken'">.bin`;
  await ann.page.getByLabel("File").setInputFiles({ name, mimeType: "text/plain", buffer });
  await ann.submit({}, "Upload");
  await ann.page.getByText(`3000000 bytes, SHA-256 ${createHash("sha256").update(buffer).digest("hex")}`).waitFor();
  await expect.poll(async () => (await bob.lines()).at(-1)).toBe(`${name}: done`);
  expect(await bob.lines()).toContain(`${name}: 100 %`);
  await bob.sees(...(await bob.lines()));
});

test("a file of nobody knows what length is refused, and so is none", async () => {
  const [ann] = await open("");
  const upload = async (name: string, headers: Record<string, string>) => {
    const asked = request(new URL(`files/${name}`, ann.page.url()), { method: "POST", headers });
    asked.on("error", () => {}).end(headers["content-length"] === undefined ? "x" : undefined);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return answer.resume().statusCode;
  };
  expect(await upload("stream", { "transfer-encoding": "chunked" })).toBe(411);
  expect(await upload("nothing", { "content-length": "0" })).toBe(411);
  await ann.sees();
});

test("who leaves in the middle of an upload is seen to leave at once", async () => {
  const [ann] = await open("");
  const slow = request(new URL("files/lost.txt", ann.page.url()), {
    method: "POST",
    headers: { "content-length": 1000 },
  });
  slow.on("error", () => {});
  slow.write("x".repeat(300));
  await ann.sees("lost.txt: 30 %");
  slow.destroy();
  await ann.sees("lost.txt: 30 %", "lost.txt: left at 30 %");
});

test("an answer comes in pieces, and ends when its page is left", async () => {
  const [ann, bob] = await open("", "");
  await ann.submit({}, "Read the story");
  await ann.page.getByText("Once there was an answer that").waitFor();
  expect(await ann.page.locator("#story").textContent()).not.toContain("read it .");
  await ann.submit({}, "Stop");
  await expect.poll(async () => (await bob.lines()).join()).toMatch(/^a reader left after \d+ words$/);
  await ann.submit({}, "Read the story");
  await ann.page.getByText("Once there was an answer that").waitFor();
  await ann.page.close();
  await expect.poll(async () => (await bob.lines()).length).toBe(2);
  await bob.submit({}, "Read the story");
  await bob.page.getByText("somebody was there to read it .").waitFor();
  await expect.poll(async () => (await bob.lines()).at(-1)).toBe("a reader heard all of the story");
});

test("a page whose network was gone hears what it missed, once", async () => {
  const streams: { readonly socket: Socket; readonly lastEventId: unknown }[] = [];
  const onRequest = (message: unknown) => {
    const { request: asked, socket } = message as { request: IncomingMessage; socket: Socket };
    if (asked.url?.endsWith("/feed") === true) streams.push({ socket, lastEventId: asked.headers["last-event-id"] });
  };
  subscribe("http.server.request.start", onRequest);
  onTestFinished(() => void unsubscribe("http.server.request.start", onRequest));
  const [ann] = await open("");
  const upload = (name: string) => fetch(new URL(`files/${name}`, ann.page.url()), { method: "POST", body: "x" });
  await upload("one");
  await ann.sees("one: 100 %", "one: done");
  streams[0]?.socket.destroy();
  await ann.is("connecting");
  await upload("two");
  await ann.sees("one: 100 %", "one: done", "two: 100 %", "two: done");
  expect(streams.map(({ lastEventId }) => typeof lastEventId)).toEqual(["undefined", "string"]);
});
