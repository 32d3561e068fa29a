import { describe, expect, test } from "vitest";
import { Network } from "./network.ts";
import { eventually, setStage } from "./stage.ts";

const stage = setStage();

/** How long a page waits for the confirmation of a message, and a little more. */
const answerMs = 21_000;

describe("a message on its way", { timeout: 60_000 }, () => {
  test("is stored once when the connection breaks, before it arrived or before its confirmation did", async () => {
    await using chat = await stage.startChat();
    await using network = await Network.to(chat);
    await using ann = await stage.signIn(network, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    network.hold("toServer");
    await ann.write("can you hear me?");
    await ann.note("Sending…").waitFor();
    network.cut();
    await ann.hasSentAll();
    await bea.message("can you hear me?").waitFor();

    network.hold("toBrowser");
    await ann.write("and now?");
    await bea.message("and now?").waitFor();
    await ann.note("Sending…").waitFor();
    network.cut();
    // The page cannot know that it was stored, so it sends it again, under the same id.
    await ann.hasSentAll();
    await bea.say("loud and clear");
    await ann.message("loud and clear").waitFor();
    for (const person of [ann, bea]) {
      expect(await person.texts()).toEqual(["can you hear me?", "and now?", "loud and clear"]);
      await person.page.reload();
      await person.message("loud and clear").waitFor();
      expect(await person.texts()).toEqual(["can you hear me?", "and now?", "loud and clear"]);
    }
  });

  test("outlives a reload of the page", async () => {
    await using chat = await stage.startChat();
    await using network = await Network.to(chat);
    await using ann = await stage.signIn(network, "Ann");
    network.hold("toServer");
    await ann.write("first");
    await ann.write("second");
    await ann.note("Sending…").waitFor();
    network.cut();
    await ann.page.reload();
    await ann.message("second").waitFor();
    await ann.hasSentAll();
    expect(await ann.texts()).toEqual(["first", "second"]);
    await ann.page.reload();
    await ann.message("second").waitFor();
    expect(await ann.texts()).toEqual(["first", "second"]);
  });
});

describe("a message that failed", { timeout: 60_000 }, () => {
  test("says so when nobody answers, and goes once when it is tried again", async () => {
    await using chat = await stage.startChat();
    await using network = await Network.to(chat);
    await using ann = await stage.visit(network);
    await ann.page.clock.install();
    await ann.enterName("Ann");
    await ann.isLive();
    await using bea = await stage.signIn(chat, "Bea");

    network.hold("toServer");
    await ann.write("is this on?");
    await ann.write("never mind");
    await ann.note("Sending…").waitFor();
    for (const text of ["is this on?", "never mind"]) {
      await ann.page.clock.fastForward(answerMs);
      const failed = ann.page.getByRole("article").filter({ hasText: text });
      await failed.getByRole("alert").getByText("Not sent. The server did not answer.").waitFor();
    }
    expect(await bea.texts()).toEqual([]);

    network.cut();
    await ann.isLive();
    const [first, second] = ["is this on?", "never mind"].map((text) =>
      ann.page.getByRole("article").filter({ hasText: text }),
    );
    await first?.getByRole("button", { name: "Retry" }).click();
    await second?.getByRole("button", { name: "Discard" }).click();
    await bea.message("is this on?").waitFor();
    await ann.say("it is");
    for (const person of [ann, bea]) await eventually(() => person.texts()).toEqual(["is this on?", "it is"]);
    expect(await ann.page.getByText("Not sent.").count()).toBe(0);
  });

  test("was sent after all when its confirmation comes late: then it stands there once", async () => {
    await using chat = await stage.startChat();
    await using network = await Network.to(chat);
    await using ann = await stage.visit(network);
    await ann.page.clock.install();
    await ann.enterName("Ann");
    await ann.isLive();
    network.hold("toServer");
    await ann.write("slow but sure");
    await ann.note("Sending…").waitFor();
    await ann.page.clock.fastForward(answerMs);
    await ann.page.getByText("Not sent. The server did not answer.").waitFor();
    network.release();
    await ann.page.getByText("Not sent.").waitFor({ state: "detached" });
    expect(await ann.texts()).toEqual(["slow but sure"]);
  });

  test("says so when the server refuses it, also after a reload, until it is discarded", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    // Nothing but a character that nobody can see: the server takes it for an empty message.
    await ann.write("\u0007");
    await ann.page.getByText("Not sent. The server refused that").waitFor();
    await ann.link("lobby not sent").waitFor();
    await ann.page.reload();
    await ann.page.getByText("Not sent. The server refused that").waitFor();
    await ann.page.getByRole("button", { name: "Discard" }).click();
    await ann.page.getByText("Not sent.").waitFor({ state: "detached" });
    await ann.say("something to see");
    expect(await ann.texts()).toEqual(["something to see"]);
  });
});
