// What every page does: show lines and the state of its socket. Text is only ever set as text, never as HTML.

const MAX_LINES = 200;
const log = document.querySelector("#log");
const state = document.querySelector("#state");

/** Adds a line; the oldest goes when there are too many. */
export function show(text, kind = "", list = log) {
  const line = document.createElement("li");
  line.textContent = text;
  line.className = kind;
  list.append(line);
  while (list.children.length > MAX_LINES) list.firstElementChild.remove();
  line.scrollIntoView({ block: "nearest" });
}

/** Shows the state of the connection, `"connecting"`, `"open"` or `"closed"`; a form can send only while it is open. */
export function tell(text, name) {
  state.textContent = text;
  state.dataset.state = name;
  for (const fields of document.querySelectorAll("form fieldset")) fields.disabled = name !== "open";
}

/** Opens a socket beside this page and shows its state. */
export function open(path) {
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
  tell("connecting", "connecting");
  socket.addEventListener("open", () => tell("connected", "open"));
  socket.addEventListener("close", ({ code }) => tell(`closed (${code})`, "closed"));
  return socket;
}

/** Calls `action` with a form's fields whenever it is sent, and empties the field that was written in. */
export function onSubmit(form, action) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    action(Object.fromEntries(new FormData(form)));
    const field = form.querySelector("[data-once]");
    if (field !== null) field.value = "";
  });
}

/** Reads an envelope: the message's type and data, or what the server refused. */
export function read({ data }) {
  const { type, data: fields, error } = JSON.parse(data);
  return error === undefined
    ? { type, data: fields }
    : { type: "error", data: `${error.code} ${error.path.join(".")}` };
}
