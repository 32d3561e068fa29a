import { expect, test } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";
import { layer } from "./server.ts";

const open = inBrowser("group-chat-contract");

test("two people in one room talk", async () => {
  const [ann, bob] = await open("?room=red", "?room=red");
  await ann.submit({ "Your name": "Ann", Message: "hello" }, "Send");
  await bob.sees("Ann: hello");
  await bob.submit({ "Your name": "<b>Bob</b>", Message: asHtml }, "Send");
  await ann.sees("Ann: hello", `<b>Bob</b>: ${asHtml}`);
});

test("a room does not hear another room", async () => {
  const [ann, bob, eve] = await open("?room=red", "?room=red", "?room=blue");
  await ann.submit({ Message: "in red" }, "Send");
  await bob.sees("guest: in red");
  await eve.submit({ Message: "in blue" }, "Send");
  await eve.sees("guest: in blue");
  await bob.sees("guest: in red");
});

test("what the contract refuses is named, and the page goes on", async () => {
  const [ann, bob] = await open("", "");
  for (const frame of ["no JSON", '{"type":"shout"}', '{"type":"say","data":{"from":"Ann","text":7}}']) {
    await ann.submit({ "Any frame": frame }, "Send as it is");
  }
  await ann.submit({ Message: "x".repeat(501) }, "Send");
  const mismatch = "CONTRACT_MISMATCH data.text";
  const refused = ["FRAME_INVALID ", "FRAME_UNKNOWN_TYPE type", mismatch, mismatch];
  await ann.sees(...refused);
  await ann.submit({ Message: "now it is right" }, "Send");
  await ann.sees(...refused, "guest: now it is right");
  await bob.sees("guest: now it is right");
});

test("ten refused frames close one connection, and the room goes on", async () => {
  const [ann, bob, eve] = await open("", "", "");
  for (let count = 0; count < 10; count += 1) await eve.submit({ "Any frame": "{}" }, "Send as it is");
  await eve.is("closed (4400)");
  await eve.sees(...Array.from({ length: 10 }, () => "FRAME_INVALID "));
  await ann.submit({ Message: "hello" }, "Send");
  await bob.sees("guest: hello");
});

test("who leaves gets nothing more", async () => {
  const [ann, bob, eve] = await open("", "", "");
  await eve.submit({}, "Leave");
  await eve.is("closed");
  await expect.poll(() => layer.stats().memberships).toBe(2);
  await ann.submit({ Message: "hello" }, "Send");
  await bob.sees("guest: hello");
  await eve.sees();
});
