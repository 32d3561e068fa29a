import { beforeEach, expect, type Mock, test, vi } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";

const open = inBrowser("raw-consumer");
const greeting = "say something, send bytes, or say bye";

let logged: Mock<typeof console.log>;
beforeEach(() => {
  logged = vi.spyOn(console, "log").mockReturnValue();
});

test("text and bytes arrive as what they are", async () => {
  const [ann] = await open("");
  await ann.submit({ Message: asHtml }, "Send text");
  await ann.submit({}, "Send three bytes");
  await ann.sees(greeting, `text: ${asHtml}`, "3 bytes");
});

test("StopConsumer ends one connection with 1000, and no other", async () => {
  const [ann, bob] = await open("", "");
  await ann.submit({ Message: "bye" }, "Send text");
  await ann.is("closed (1000)");
  await expect.poll(() => logged.mock.calls.flat()).toContain("a raw consumer ended with 1000, by the server");
  await bob.submit({ Message: "hello" }, "Send text");
  await bob.sees(greeting, "text: hello");
});

test("websocket_disconnect hears the end, and the next connection is a new consumer", async () => {
  const [ann] = await open("");
  await ann.submit({}, "Leave");
  await expect.poll(() => logged.mock.calls.flat()).toContain("a raw consumer ended with 1000, by the client");
  const [again] = await open("");
  await again.sees(greeting);
});
