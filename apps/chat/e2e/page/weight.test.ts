import { expect, test } from "vitest";
import { setStage } from "../stage.ts";

const stage = setStage();

test("the first visit, from the address to being live, transfers less than 200 kB", async () => {
  await using chat = await stage.startChat();
  await using ann = await stage.visit(chat);
  await ann.page.goto("about:blank");
  const devTools = await ann.context.newCDPSession(ann.page);
  await devTools.send("Network.enable");
  await devTools.send("Network.clearBrowserCache");
  let bytes = 0;
  let scripts = 0;
  // As it came over the wire: headers, and bodies as they were compressed.
  devTools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  devTools.on("Network.webSocketFrameReceived", ({ response }) => (bytes += response.payloadData.length));
  devTools.on("Network.responseReceived", ({ type }) => (scripts += type === "Script" ? 1 : 0));
  await ann.page.goto(chat.url);
  await ann.enterName("Ann");
  await ann.isIn("Room lobby");
  await ann.page.waitForLoadState("networkidle");
  expect(scripts).toBeGreaterThan(0);
  // Less than the smallest that a page with React could be is not all of it.
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(200_000);
});
