import { describe, expect, test } from "vitest";
import { setStage } from "./stage.ts";

const stage = setStage();

describe("an announcement", { timeout: 60_000 }, () => {
  test("is the admin's alone to make, reaches everybody wherever they are, and those who come later", async () => {
    await using chat = await stage.startChat();
    await using admin = await stage.signIn(chat, "admin");
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea", { viewport: { width: 390, height: 844 } });
    expect(await ann.page.getByRole("button", { name: "Announce", exact: true }).count()).toBe(0);
    await ann.writeTo("admin");
    await bea.page.getByRole("link", { name: "All conversations" }).click();
    await admin.announce("Back in five minutes");
    for (const person of [admin, ann, bea]) {
      await person.announcement("Back in five minutes").waitFor();
    }
    await using cem = await stage.signIn(chat, "Cem");
    await cem.announcement("Back in five minutes").waitFor();

    // It stays when one goes elsewhere: to a room one is in, to one that one is not in, to the list.
    for (const place of ["#/rooms/lobby", "#/rooms/random", "#/"]) {
      await ann.page.goto(chat.url + place);
      await ann.announcement("Back in five minutes").waitFor();
    }
    await ann.page.getByRole("button", { name: "Dismiss the announcement" }).click();
    await ann.announcement("Back in five minutes").waitFor({ state: "detached" });
    await ann.link("lobby").click();
    await ann.page.reload();
    await ann.isLive();
    expect(await ann.page.getByRole("log", { name: "Announcements" }).innerText()).toBe("");
    // The others have not put it away.
    await bea.announcement("Back in five minutes").waitFor();
  });
});
