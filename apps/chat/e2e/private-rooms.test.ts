import { describe, expect, test } from "vitest";
import type { Person } from "./people.ts";
import { setStage } from "./stage.ts";

const stage = setStage();

/** Sends somebody to a room by its address, to which they have no way. */
async function findsNoRoom({ page }: Person, url: string, room: string): Promise<void> {
  await page.goto(`${url}/#/rooms/${room}`);
  await page.getByText(`There is no room #${room} that you may know of`).waitFor();
}

describe("a private room", { timeout: 60_000 }, () => {
  test("opens to whom it is offered as long as they want it; nobody else sees that it is there", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    await using cem = await stage.signIn(chat, "Cem");
    await ann.createRoom("surprise", { isPrivate: true });
    await ann.say("the party is on Friday");

    // Who declines is as far outside as before.
    await ann.invite("Bea");
    await bea.page.getByRole("button", { name: "Decline the invitation to surprise" }).click();
    await bea.link("surprise").waitFor({ state: "detached" });
    await findsNoRoom(bea, chat.url, "surprise");

    // Who is invited knows of it, and sees nothing of it yet.
    await ann.invite("Bea");
    await bea.page.getByRole("heading", { name: "You are invited to #surprise" }).waitFor();
    expect(await bea.page.content()).not.toContain("Friday");
    await bea.page.getByRole("button", { name: "Accept the invitation to surprise" }).click();
    await bea.isIn("Room surprise");
    await bea.message("the party is on Friday").waitFor();
    await bea.say("I bring the cake");
    await ann.message("I bring the cake").waitFor();

    // What is said in the lobby afterwards has arrived at Cem, so what is his has too.
    await ann.link("lobby").click();
    await ann.isIn("Room lobby");
    await ann.say("lovely weather");
    await cem.message("lovely weather").waitFor();
    expect(await cem.page.content()).not.toContain("surprise");
    await findsNoRoom(cem, chat.url, "surprise");
    await findsNoRoom(cem, chat.url, "never-was");
    expect(await cem.page.content()).not.toMatch(/surprise|Friday|cake/);

    await bea.page.getByRole("button", { name: "Room menu" }).click();
    await bea.page.getByRole("menuitem", { name: "Leave the room" }).click();
    await bea.page.getByRole("dialog", { name: "Leave #surprise?" }).getByRole("button", { name: "Leave" }).click();
    await bea.link("surprise").waitFor({ state: "detached" });
    await ann.link("surprise").click();
    await ann.isIn("Room surprise");
    await ann.say("she suspects nothing");
    await findsNoRoom(bea, chat.url, "surprise");
    await bea.page.reload();
    await bea.page.getByText("There is no room #surprise that you may know of").waitFor();
    expect(await bea.page.content()).not.toMatch(/Friday|cake|suspects/);
  });
});
