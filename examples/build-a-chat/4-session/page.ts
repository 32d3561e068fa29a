import { connect } from "@solent/client";
import type { chat } from "./contract.ts"; // the type alone: nothing of the contract is in the page

const find = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag) =>
  document.querySelector(tag) as HTMLElementTagNameMap[Tag];

// The socket of a room has the address of its page.
const room = connect<typeof chat>(location.pathname);

room.on("said", ({ from, text }) => show(`${from}: ${text}`));
room.onState((state) => (find("p").textContent = state));
void room.closed.then(({ code }) => code === 4401 && location.reload()); // no session any more: sign in

const form = find("form");
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  room.send("say", { text: field("text").value });
  field("text").value = "";
});

function show(text: string) {
  const line = document.createElement("li");
  line.textContent = text; // never innerHTML: a stranger wrote it
  find("ul").append(line);
}
