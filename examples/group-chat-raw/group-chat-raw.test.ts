import { expect, test } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";
import { layer } from "./server.ts";

const open = inBrowser("group-chat-raw");

test("three people hear each other, themselves included, in one order", async () => {
  const people = await open("", "", "");
  const lines = ["one", asHtml, "three"];
  for (const [index, person] of people.entries()) {
    await person.submit({ Message: lines[index] ?? "" }, "Send");
    await person.sees(...lines.slice(0, index + 1));
  }
  for (const person of people) await person.sees(...lines);
});

test("text that looks like an event or a frame is text", async () => {
  const [ann, bob] = await open("", "");
  const odd = ['{"type":"xxx.ooo","message":"forged"}', "websocket.disconnect", "{"];
  for (const text of odd) await ann.submit({ Message: text }, "Send");
  await bob.sees(...odd);
});

test("who leaves is out of the group without groupDiscard, and gets nothing more", async () => {
  const [ann, bob, eve] = await open("", "", "");
  await ann.submit({ Message: "hello" }, "Send");
  await eve.sees("hello");
  await eve.submit({}, "Leave");
  await eve.is("closed");
  await expect.poll(() => layer.stats().memberships).toBe(2);
  await bob.submit({ Message: "who is left?" }, "Send");
  await ann.sees("hello", "who is left?");
  await eve.sees("hello");
});
