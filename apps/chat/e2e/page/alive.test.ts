import { describe, expect, test } from "vitest";
import type { Person } from "../people.ts";
import { eventually, setStage } from "../stage.ts";

const stage = setStage();

/** Opens a menu and chooses from it. */
async function choose({ page }: Person, menu: string, item: string): Promise<void> {
  await page.getByRole("button", { name: menu, exact: true }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

async function isSignedOut({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: "Come in" }).waitFor();
}

describe("a chat that is alive", { timeout: 60_000 }, () => {
  test("shows who is typing, until they have sent it or stop", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    const typing = ann.page.getByText("Bea is typing…");
    await bea.box.pressSequentially("Hel");
    await typing.waitFor();
    expect(await bea.page.getByText("is typing…").count()).toBe(0);
    await bea.say("Hello");
    await typing.waitFor({ state: "detached" });

    await bea.writeTo("Ann");
    await ann.writeTo("Bea");
    await bea.box.pressSequentially("I wond");
    await typing.waitFor();
    // She thinks it over.
    await typing.waitFor({ state: "detached" });
  });

  test("counts what is unread, in the list and in the title, and what one tab reads is read in the other", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    for (const person of [ann, bea]) await person.joinRoom("ideas");
    await ann.link("lobby").click();
    await ann.isIn("Room lobby");
    await using tab = await ann.openTab();
    await bea.say("a thought");
    await bea.writeTo("Ann");
    await bea.say("are you there?");
    await bea.say("never mind");
    for (const person of [ann, tab]) {
      await person.link("ideas 1 unread").waitFor();
      await person.link("Bea 2 unread").waitFor();
      expect(await person.page.title()).toBe("(3) #lobby – Solent Chat");
    }

    await ann.link("Bea").click();
    await ann.message("never mind").waitFor();
    await eventually(() => tab.page.title()).toBe("(1) #lobby – Solent Chat");
    expect(await tab.link("Bea").innerText()).not.toContain("unread");
    await tab.link("ideas").click();
    await eventually(() => tab.page.title()).toBe("#ideas – Solent Chat");
    await eventually(() => ann.page.title()).toBe("Bea – Solent Chat");
    await ann.page.reload();
    await ann.isLive();
    await eventually(() => ann.page.title()).toBe("Bea – Solent Chat");
  });

  test("takes several tabs for one person, who sees in each what they say in another", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    await using tab = await ann.openTab();
    await ann.say("from the first tab");
    await tab.message("from the first tab").waitFor();
    const here = bea.page.getByRole("complementary", { name: "Who is here" });
    await eventually(() => here.getByRole("listitem").allInnerTexts()).toHaveLength(2);
    await ann.page.close();
    await tab.say("from the second");
    await bea.message("from the second").waitFor();
    expect(await here.getByText("Ann").count()).toBe(1);
    await tab.page.close();
    await here.getByText("Ann").waitFor({ state: "detached" });
  });

  test("keeps what one has begun to write, for each conversation, in every tab and through a reload", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await ann.joinRoom("ideas");
    await ann.box.fill("half an idea");
    await ann.link("lobby").click();
    await ann.isIn("Room lobby");
    expect(await ann.box.inputValue()).toBe("");
    await ann.box.fill("half a greeting");
    await ann.link("ideas draft").waitFor();
    await ann.page.reload();
    await ann.isLive();
    expect(await ann.box.inputValue()).toBe("half a greeting");
    await ann.link("ideas draft").click();
    await ann.isIn("Room ideas");
    expect(await ann.box.inputValue()).toBe("half an idea");

    await using tab = await ann.openTab();
    await eventually(() => tab.box.inputValue()).toBe("half an idea");
    await ann.say("a whole idea");
    await eventually(() => tab.box.inputValue()).toBe("");
    await ann.page.reload();
    await ann.isLive();
    expect(await ann.box.inputValue()).toBe("");
  });

  test("shows others what one changes and deletes, as such, and offers neither to them", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    await ann.say("See you at nien");
    await ann.message("See you at nien").hover();
    await choose(ann, "Message menu", "Edit");
    const editing = ann.page.getByRole("textbox", { name: "Edit your message" });
    await editing.fill("See you at nine");
    await editing.press("Enter");
    await bea.message("See you at nine").waitFor();
    await bea.note("edited").waitFor();
    expect(await bea.texts()).toEqual(["See you at nine"]);
    await bea.message("See you at nine").hover();
    expect(await bea.page.getByRole("button", { name: "Message menu", includeHidden: true }).count()).toBe(0);

    await ann.message("See you at nine").hover();
    await choose(ann, "Message menu", "Delete");
    const dialog = ann.page.getByRole("dialog", { name: "Delete this message?" });
    await dialog.getByText("See you at nine").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    for (const person of [ann, bea]) {
      await person.message("This message was deleted").waitFor();
      await person.page.reload();
      await person.message("This message was deleted").waitFor();
      expect(await person.page.content()).not.toContain("See you at");
    }
    expect(await ann.page.getByRole("button", { name: "Message menu", includeHidden: true }).count()).toBe(0);
  });

  test("shows everybody what a room is about now, also those who are not in it", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    await ann.joinRoom("ideas");
    await bea.link("ideas").click();
    await bea.page.getByRole("button", { name: "Join #ideas" }).waitFor();
    await choose(ann, "Room menu", "Change the topic");
    const dialog = ann.page.getByRole("dialog", { name: "Topic of #ideas" });
    await dialog.getByRole("textbox").fill("What if…?");
    await dialog.getByRole("button", { name: "Save" }).click();
    for (const person of [ann, bea]) await person.page.getByRole("main").getByText("What if…?").waitFor();
  });
});

describe("signing out", { timeout: 30_000 }, () => {
  test("in one tab signs out the other, and nobody sees one as here any more", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await using bea = await stage.signIn(chat, "Bea");
    await using tab = await ann.openTab();
    await tab.say("good night");
    await choose(tab, "Account", "Sign out");
    await isSignedOut(tab);
    await isSignedOut(ann);
    await bea.page
      .getByRole("complementary", { name: "Who is here" })
      .getByText("Ann", { exact: true })
      .waitFor({ state: "detached" });
    await ann.page.reload();
    await isSignedOut(ann);
    expect(await ann.page.content()).not.toContain("good night");
  });

  test("everywhere ends what one has open in another browser at once, and says so there", async () => {
    await using chat = await stage.startChat();
    await using desk = await stage.signIn(chat, "Ann");
    await using phone = await stage.signIn(chat, "Ann");
    await choose(phone, "Account", "Sign out everywhere");
    const dialog = phone.page.getByRole("dialog", { name: "Sign out everywhere?" });
    await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
    await isSignedOut(phone);
    await isSignedOut(desk);
    await desk.page.getByText("You were signed out. Sign in again to go on.").waitFor();
    await desk.enterName("Ann");
    await desk.isIn("Room lobby");
  });
});
