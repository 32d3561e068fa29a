import { describe, expect, test } from "vitest";
import { eventually, setStage } from "./stage.ts";

const stage = setStage();

describe("two people in two browsers", { timeout: 60_000 }, () => {
  test("talk in a room, and in private, where they see how far each message has come and a third sees nothing", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea O'Hara 🌊");
    await using cem = await stage.signIn(chat, "Cem");
    const here = ann.page.getByRole("complementary", { name: "Who is here" });
    await here.getByText("Bea").waitFor();
    await ann.say("Hello, Bea");
    await bea.message("Hello, Bea").waitFor();
    await bea.say("Hello, Ann");
    await ann.message("Hello, Ann").waitFor();
    for (const person of [ann, bea, cem]) {
      await eventually(() => person.texts()).toEqual(["Hello, Bea", "Hello, Ann"]);
    }

    await ann.writeTo("Bea O'Hara 🌊");
    await ann.say("for your eyes only");
    // Bea's page has it, and Bea looks at the lobby: it waits for her, counted.
    await ann.note("Delivered").waitFor();
    await bea.link("Ann 1 unread").click();
    await bea.message("for your eyes only").waitFor();
    await ann.note("Read").waitFor();
    await bea.say("I keep it to myself");
    await ann.message("I keep it to myself").waitFor();
    await bea.note("Read").waitFor();

    // What is said in the lobby afterwards has arrived at Cem, so what is his has too.
    await ann.link("lobby").click();
    await ann.isIn("Room lobby");
    await ann.say("to all");
    await cem.message("to all").waitFor();
    expect(await cem.page.content()).not.toContain("for your eyes only");
    expect(await cem.page.title()).toBe("#lobby – Solent Chat");
    await bea.page.close();
    await here.getByText("Bea").waitFor({ state: "detached" });
  });

  test("find what was said before they came, also in a room with a name of any script", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await ann.page.getByRole("button", { name: "Create a room" }).click();
    const dialog = ann.page.getByRole("dialog", { name: "Create a room" });
    await dialog.getByLabel("Name", { exact: true }).fill("Füße & Schuhe");
    await ann.page.keyboard.press("Enter");
    await dialog.getByText("A room's name is letters and digits").waitFor();
    await dialog.getByLabel("Name", { exact: true }).fill("  Füße und Schuhe ");
    await ann.page.keyboard.press("Enter");
    await ann.isIn("Room füße-und-schuhe");
    await ann.say("first!");
    await using bea = await stage.signIn(chat, "Bea");
    await bea.joinRoom("füße-und-schuhe");
    await bea.message("first!").waitFor();
  });

  test("leave messages to somebody who is away, who finds them on return", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    await bea.page.goto("about:blank");
    await ann.writeTo("Bea");
    await ann.page.getByRole("main").getByText("away").waitFor();
    await ann.say("call me when you can");
    await ann.say("it is not urgent");
    await ann.note("Sent").waitFor();

    await bea.page.goto(chat.url);
    await bea.link("Ann 2 unread").waitFor();
    await ann.note("Delivered").waitFor();
    await bea.link("Ann 2 unread").click();
    await bea.isIn("Direct messages with Ann");
    await eventually(() => bea.texts()).toEqual(["call me when you can", "it is not urgent"]);
    await ann.note("Read").waitFor();
  });
});
