import { InMemoryChannelLayer } from "@solent/core";
import { SolentError } from "@solent/core/errors";
import { expect, test, vi } from "vitest";
import { site } from "../../contract/site.ts";
import { personGroup } from "../consumers/group-names.ts";
import { TestChat } from "../consumers/test-chat.ts";
import { chatLog } from "../log.ts";
import { SignOutNews } from "./sign-out-news.ts";

test("a sign-out that cannot be told is told later, and signing out does not fail for it", async () => {
  const layer = new InMemoryChannelLayer();
  await using chat = await TestChat.openWith({ layer }, "Ann");
  const page = await chat.site("Ann");
  const { id, session } = chat.person("Ann");
  await chat.database.deleteFrom("sessions").where("id", "=", session).execute();
  const away = new SolentError("LAYER_UNAVAILABLE", { cause: "Redis is away" });
  const group = layer.group(site, personGroup(id));
  const failing = { ...group, name: group.name, send: () => Promise.reject(away) } as typeof group;
  const asked = vi.spyOn(layer, "group").mockReturnValueOnce(failing);
  const news = new SignOutNews(layer, chatLog("silent"));
  await news.tell({ id }, session);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(await page.closed()).toMatchObject({ code: 4401 });
  news.stop();
});
