import { beforeEach, expect, type Mock, test, vi } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";
import { layer } from "./server.ts";

const open = inBrowser("echo-1v1");
const [asAnn, asBob, asEve] = ["?me=ann&other=bob", "?me=bob&other=ann", "?me=eve&other=bob"] as const;

let logged: Mock<typeof console.log>;
beforeEach(() => {
  logged = vi.spyOn(console, "log").mockReturnValue();
});

test("what somebody sends comes back to nobody else", async () => {
  const [ann, bob] = await open("", "");
  await ann.submit({ Message: asHtml }, "Send");
  await ann.sees(asHtml);
  await bob.submit({ Message: "two" }, "Send");
  await bob.sees("two");
  await ann.sees(asHtml);
});

test("an echo ends when its page leaves, and hears why", async () => {
  const [ann] = await open("");
  await ann.submit({}, "Leave");
  await ann.is("closed (1000)");
  await expect.poll(() => logged.mock.calls.flat()).toContain("an echo ended with 1000");
});

test("two people talk, and a third who talks to one of them hears nothing", async () => {
  const [ann, bob, eve] = await open(asAnn, asBob, asEve);
  await ann.submit({ Message: "hello" }, "Send");
  await bob.sees("ann: hello");
  await bob.submit({ Message: asHtml }, "Send");
  await ann.sees("ann: hello", `bob: ${asHtml}`);
  await eve.submit({ Message: "anybody?" }, "Send");
  await eve.sees("eve: anybody?");
  await bob.sees("ann: hello", `bob: ${asHtml}`);
});

test("a message that does not fit is refused, and the next one arrives", async () => {
  const [ann, bob] = await open(asAnn, asBob);
  await ann.submit({ Message: "   " }, "Send");
  await ann.sees("CONTRACT_MISMATCH data.text");
  await ann.submit({ Message: "hello" }, "Send");
  await bob.sees("ann: hello");
});

test("who leaves gets nothing more", async () => {
  const [ann, bob] = await open(asAnn, asBob);
  await bob.submit({}, "Leave");
  await bob.is("closed");
  await expect.poll(() => layer.stats().memberships).toBe(1);
  await ann.submit({ Message: "still there?" }, "Send");
  await ann.sees("ann: still there?");
  await bob.sees();
});
