import { describe, expect, test } from "vitest";
import { eventually, setStage } from "./stage.ts";

const stage = setStage();

describe("a connection that fails", { timeout: 60_000 }, () => {
  test("lets both write on, and on return everything is there once on both sides, in one order", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    await bea.say("before");
    await ann.message("before").waitFor();

    await ann.context.setOffline(true);
    await ann.page.getByRole("status", { name: "Connection: Waiting" }).waitFor();
    await ann.page.getByRole("alert").getByText("You are offline.").waitFor();
    await bea.page.getByRole("complementary", { name: "Who is here" }).getByText("Ann").waitFor({ state: "detached" });
    await bea.say("from Bea, while Ann was away");
    await ann.write("from Ann, in the tunnel");
    await ann.write("still in the tunnel");
    await eventually(() => ann.note("Waiting to be sent").count()).toBe(2);
    expect(await ann.texts()).toEqual(["before", "from Ann, in the tunnel", "still in the tunnel"]);
    await bea.writeTo("Ann");
    await bea.say("are you there?");
    await bea.note("Sent").waitFor();

    await ann.context.setOffline(false);
    await ann.isLive();
    const inTheLobby = ["before", "from Bea, while Ann was away", "from Ann, in the tunnel", "still in the tunnel"];
    await eventually(() => ann.texts()).toEqual(inTheLobby);
    await ann.hasSentAll();
    await bea.note("Delivered").waitFor();
    await ann.link("Bea 1 unread").click();
    await ann.message("are you there?").waitFor();
    await bea.note("Read").waitFor();
    await bea.link("lobby 2 unread").click();
    await eventually(() => bea.texts()).toEqual(inTheLobby);

    // Both at once: in whichever order the server took them, it is the same for both.
    await ann.link("lobby").click();
    await ann.isIn("Room lobby");
    for (const number of [1, 2, 3]) await Promise.all([ann.write(`Ann ${number}`), bea.write(`Bea ${number}`)]);
    for (const person of [ann, bea]) {
      await eventually(() => person.page.locator('.bubble[data-pending="false"]').count()).toBe(inTheLobby.length + 6);
    }
    const said = await bea.texts();
    expect(new Set(said).size).toBe(inTheLobby.length + 6);
    await eventually(() => ann.texts()).toEqual(said);
  });

  test("says so when it breaks, and comes back by itself", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    const sawWaiting = ann.page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    chat.cutConnections();
    await sawWaiting;
    await ann.isLive();
    await ann.say("still here");
  });
});
