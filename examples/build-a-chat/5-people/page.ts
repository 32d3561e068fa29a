import { connect } from "@solent/client";
import type { chat } from "./contract.ts"; // the type alone: nothing of the contract is in the page

const find = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag) =>
  document.querySelector(tag) as HTMLElementTagNameMap[Tag];

// The socket of a room has the address of its page.
const room = connect<typeof chat>(location.pathname);
let people = new Set<string>();

room.on("welcome", (welcome) => {
  people = new Set(welcome.people); // also after a lost connection: what was missed does not matter
  showPeople();
});
room.on("came", ({ name }) => {
  people.add(name);
  showPeople();
  show(`${name} has come`);
});
room.on("left", ({ name }) => {
  people.delete(name);
  showPeople();
  show(`${name} has left`);
});
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

function showPeople() {
  find("aside").textContent = `Here: ${[...people].toSorted().join(", ")}`;
}

function show(text: string) {
  const line = document.createElement("li");
  line.textContent = text; // never innerHTML: a stranger wrote it
  find("ul").append(line);
}
