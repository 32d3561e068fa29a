import { describe, expect, test } from "vitest";
import { OldProxy } from "../old-proxy.ts";
import { eventually, setStage } from "../stage.ts";

const stage = setStage();

describe("where no WebSocket gets through", { timeout: 60_000 }, () => {
  test.each([
    ["a stream does", "sse", {}],
    ["nor a stream, single answers do", "poll", { collectsAnswers: true }],
  ] as const)("and %s, two people talk, write to each other and see who is here", async (_, transport, options) => {
    await using chat = await stage.startChat();
    await using proxy = await OldProxy.before(chat, options);
    await using ann = await stage.signIn(proxy, "Ann");
    await using bea = await stage.signIn(proxy, "Bea");
    const asked: string[] = [];
    ann.page.on("request", (request) => void asked.push(request.url()));
    await ann.page.getByRole("complementary", { name: "Who is here" }).getByText("Bea").waitFor();
    await ann.say("Hello, Bea");
    await bea.message("Hello, Bea").waitFor();
    await bea.say("Hello, Ann");
    for (const person of [ann, bea]) await eventually(() => person.texts()).toEqual(["Hello, Bea", "Hello, Ann"]);

    await ann.writeTo("Bea");
    await ann.say("for your eyes only");
    await ann.note("Delivered").waitFor();
    await bea.link("Ann 1 unread").click();
    await bea.message("for your eyes only").waitFor();
    await ann.note("Read").waitFor();

    await ann.page.reload();
    await ann.isLive();
    await ann.message("for your eyes only").waitFor();
    expect(asked.some((url) => url.includes(`~solent=${transport}`))).toBe(true);
    await bea.page.close();
    await ann.link("lobby").click();
    await ann.page.getByRole("complementary", { name: "Who is here" }).getByText("Bea").waitFor({ state: "detached" });
    expect(ann.problems).toEqual([]);
  });
});
