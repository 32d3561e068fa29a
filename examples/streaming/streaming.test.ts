import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";
import { layer } from "./server.ts";

const open = inBrowser("streaming");

test("two people talk, one by events and one by frames, and another room hears nothing", async () => {
  const [ann, bob, eve] = await open("", "?over=stream", "?over=stream&room=blue");
  await ann.submit({ "Your name": "Ann", Message: "hello" }, "Send");
  await bob.sees("Ann: hello");
  await bob.submit({ Message: asHtml }, "Send");
  await ann.sees("Ann: hello", `guest: ${asHtml}`);
  await eve.sees();
});

test.each(["sse", "stream"])("over %s all arrives once and in order, and who leaves has left at once", async (way) => {
  const [ann, bob, eve] = await open(`?over=${way}`, `?over=${way}`, `?over=${way}`);
  const lines = ["one", "é".repeat(500), "three"];
  for (const text of [...lines, "x".repeat(501)]) await ann.submit({ Message: text }, "Send");
  const heard = lines.map((text) => `guest: ${text}`);
  await bob.sees(...heard);
  await ann.sees(...heard, "CONTRACT_MISMATCH data.text");
  await bob.submit({}, "Leave");
  await bob.is("closed (1000)");
  await eve.page.close();
  await expect.poll(() => layer.stats().memberships).toBe(1);
  await ann.submit({ Message: "who is left?" }, "Send");
  await ann.sees(...heard, "CONTRACT_MISMATCH data.text", "guest: who is left?");
  await bob.sees(...heard);
});

test("a page whose stream is cut comes back by itself, and talks on", async () => {
  const streams: Socket[] = [];
  const onRequest = (message: unknown) => {
    const { request, socket } = message as { request: IncomingMessage; socket: Socket };
    if (request.url?.includes("~solent=sse")) streams.push(socket);
  };
  subscribe("http.server.request.start", onRequest);
  onTestFinished(() => void unsubscribe("http.server.request.start", onRequest));
  const [ann] = await open("");
  const [bob] = await open("");
  streams[1]?.destroy();
  await bob.is("connecting");
  await bob.is("connected");
  await ann.submit({ Message: "back?" }, "Send");
  await bob.sees("guest: back?");
  await bob.submit({ Message: "yes" }, "Send");
  await ann.sees("guest: back?", "guest: yes");
});
