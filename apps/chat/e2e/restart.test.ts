import { describe, expect, test } from "vitest";
import { temporaryDatabase } from "./running-chat.ts";
import { setStage } from "./stage.ts";

const stage = setStage();

describe("a server that restarts", { timeout: 60_000 }, () => {
  test("is waited for, and everything is there: the pages come back by themselves, and what was written meanwhile goes", async () => {
    await using data = await temporaryDatabase();
    await using first = await stage.startChat(data);
    await using ann = await stage.signIn(first, "Ann");
    await using bea = await stage.signIn(first, "Bea");
    await ann.createRoom("plans", { isPrivate: true });
    await ann.say("we leave at two");
    await ann.writeTo("Bea");
    await ann.say("between us: at three");
    await bea.say("in the lobby");

    const sawRestart = bea.page.getByRole("alert").getByText("The server is restarting.").waitFor();
    await first[Symbol.asyncDispose]();
    await sawRestart;
    await bea.write("written while it was down");
    await bea.note("Waiting to be sent").waitFor();

    await using _second = await stage.startChat({ ...data, port: first.port });
    for (const person of [ann, bea]) {
      await person.page.getByRole("status", { name: "Connection: Live" }).waitFor({ timeout: 60_000 });
    }
    await bea.hasSentAll();
    expect(await bea.texts()).toEqual(["in the lobby", "written while it was down"]);
    expect(await ann.texts()).toEqual(["between us: at three"]);
    await bea.link("Ann 1 unread").click();
    await bea.message("between us: at three").waitFor();
    await ann.note("Read").waitFor();
    await bea.say("three it is");
    await ann.message("three it is").waitFor();
    await ann.link("plans").click();
    await ann.message("we leave at two").waitFor();
    // Not only in the page: a new one finds the same.
    await ann.page.reload();
    await ann.message("we leave at two").waitFor();
  });
});
