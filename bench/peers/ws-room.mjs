// The room on `ws`. How a text reaches the members is left to the peer: `deliver(groups, name, text)` is called once a
// chat message.
import { WebSocketServer } from "ws";
import { host, port } from "./peer-process.mjs";

/** Groups as a Map of Sets; a group goes with its last member. */
class Groups {
  #members = new Map();
  #watch;

  constructor(watch) {
    this.#watch = watch;
  }

  add(name, member) {
    let set = this.#members.get(name);
    if (set === undefined) {
      this.#members.set(name, (set = new Set()));
      void this.#watch?.joined(this, name);
    }
    set.add(member);
  }

  remove(name, member) {
    const set = this.#members.get(name);
    if (!set?.delete(member) || set.size > 0) return;
    this.#members.delete(name);
    void this.#watch?.left(name);
  }

  get(name) {
    return this.#members.get(name) ?? [];
  }
}

/** @param {{ joined: Function, left: Function }} [watch] told of the first member of a group, and after the last. */
export function serveRoom(deliver, watch) {
  const groups = new Groups(watch);
  const server = new WebSocketServer({ port, host, backlog: 1024 });
  server.on("connection", (socket, request) => {
    const room = request.url;
    const others = new Set();
    groups.add(room, socket);
    // Asynchronous like most people's, and like Solent's `receive`.
    socket.on("message", async (text) => {
      const { message, bulk } = JSON.parse(text);
      if (bulk === undefined) {
        deliver(groups, room, JSON.stringify({ message }));
        return;
      }
      for (let i = 0; i < bulk.n; i++) {
        const name = `${bulk.base}-${i}`;
        if (bulk.op === "join") {
          others.add(name);
          groups.add(name, socket);
        } else {
          others.delete(name);
          groups.remove(name, socket);
        }
      }
      socket.send('{"bulkdone":1}');
    });
    socket.on("close", () => {
      groups.remove(room, socket);
      for (const name of others) groups.remove(name, socket);
    });
    socket.on("error", () => {});
  });
}
