import { describe, expect, test } from "vitest";
import { eventually, setStage } from "./stage.ts";

const stage = setStage();

const html = `<img src=x onerror="document.title='broken'"><b>bold</b>`;

describe("what people write", { timeout: 60_000 }, () => {
  test("is shown as the text it is: messages, names, topics and announcements", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "<b>Ann</b>");
    await using admin = await stage.signIn(chat, "admin");
    await ann.say(html);
    await admin.message(html).waitFor();
    await admin.page.getByRole("article").getByText("<b>Ann</b>").waitFor();
    await admin.page.getByRole("button", { name: "Room menu" }).click();
    await admin.page.getByRole("menuitem", { name: "Change the topic" }).click();
    const dialog = admin.page.getByRole("dialog", { name: "Topic of #lobby" });
    await dialog.getByRole("textbox").fill(html);
    await dialog.getByRole("button", { name: "Save" }).click();
    await admin.announce(html);
    await admin.writeTo("<b>Ann</b>");
    await admin.say(html);
    await ann.link("admin 1 unread").click();
    await ann.message(html).waitFor();
    await ann.announcement(html).waitFor();
    await ann.link("lobby").click();
    await ann.page.getByRole("main", { name: "Room lobby" }).locator("header").getByText(html).waitFor();
    for (const person of [ann, admin]) {
      expect(await person.page.locator("img, b").count()).toBe(0);
      expect(await person.page.title()).not.toContain("broken");
    }
  });

  test("has links that open elsewhere and tell nothing of where one came from, and none that could run something", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.signIn(chat, "Ann");
    await ann.say("see https://example.com/a?b=1&c=2, and write to me@example.com");
    const links = ann.page.getByRole("article").getByRole("link");
    const found = await links.evaluateAll((all) =>
      all.map((link) => ["href", "target", "rel"].map((name) => link.getAttribute(name))),
    );
    expect(found).toEqual([
      ["https://example.com/a?b=1&c=2", "_blank", "noopener noreferrer nofollow"],
      ["mailto:me@example.com", "_blank", "noopener noreferrer nofollow"],
    ]);

    const texts = [
      "javascript:alert(1)",
      "JavaScript://example.com/%0Aalert(1)",
      "data:text/html,<script>alert(1)</script>",
      "vbscript:msgbox(1)",
      "file:///etc/passwd",
      `<a href="javascript:alert(1)">click</a>`,
    ];
    for (const text of texts) await ann.say(text);
    const hrefs = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
    expect(hrefs.filter((href) => !/^(?:https|mailto):/.test(href))).toEqual([]);
  });

  test("could not become HTML if the page tried: the browser refuses, and these tests would fail", async () => {
    await using chat = await stage.startChat();
    await using ann = await stage.visit(chat);
    const attempt = ann.page.evaluate((text) => void (document.body.innerHTML = text), html);
    await expect(attempt).rejects.toThrow("TrustedHTML");
    await eventually(async () => ann.problems.splice(0)).not.toEqual([]);
  });
});
