import { test } from "vitest";
import { asHtml, inBrowser } from "../browser.ts";

const open = inBrowser("site-notice");

test("a notice from an HTTP request reaches everybody on every page", async () => {
  const visitors = await open("", "", "?page=2");
  await visitors[0].submit({ Notice: "We close at ten." }, "Announce");
  for (const visitor of visitors) await visitor.sees("We close at ten.");
  await visitors[0].submit({ Notice: asHtml }, "Announce");
  for (const visitor of visitors) await visitor.sees("We close at ten.", asHtml);
});

test("a notice that does not fit reaches nobody, and the admin reads why", async () => {
  const [admin, ann] = await open("", "");
  await admin.submit({ Notice: "  " }, "Announce");
  await admin.page.getByText('does not fit its schema at "text"').waitFor();
  await admin.submit({ Notice: "now it is right" }, "Announce");
  await ann.sees("now it is right");
});
