import type { ChannelLayer, ProtocolTypeRouter } from "@solent/core";

/** What the `server.ts` of every example exports. */
export interface Example {
  readonly app: ProtocolTypeRouter;
  readonly layer: ChannelLayer;
}

/** One row of the list page. */
interface Row {
  readonly title: string;
  readonly load: () => Promise<Example>;
}

/** Every example by the name of its folder. */
export const examples: ReadonlyMap<string, Row> = new Map<string, Row>([
  ["echo-1v1", { title: "Echo, and a chat for two", load: () => import("./echo-1v1/server.ts") }],
  ["group-chat-raw", { title: "A group by hand", load: () => import("./group-chat-raw/server.ts") }],
  ["group-chat-contract", { title: "Rooms with a contract", load: () => import("./group-chat-contract/server.ts") }],
  ["site-notice", { title: "A notice to the whole site", load: () => import("./site-notice/server.ts") }],
  ["observer-list", { title: "The observer list", load: () => import("./observer-list/server.ts") }],
  ["raw-consumer", { title: "The protocol itself", load: () => import("./raw-consumer/server.ts") }],
  [
    "function-consumer",
    { title: "A function for each connection", load: () => import("./function-consumer/server.ts") },
  ],
  ["pull-socket", { title: "Messages when they are wanted", load: () => import("./pull-socket/server.ts") }],
  ["long-poll", { title: "Long polls by hand", load: () => import("./long-poll/server.ts") }],
  ["streaming", { title: "An answer that does not end", load: () => import("./streaming/server.ts") }],
  ["frames-by-hand", { title: "Handshake and frames by hand", load: () => import("./frames-by-hand/server.ts") }],
  ["http-consumer", { title: "Consumers that answer HTTP", load: () => import("./http-consumer/server.ts") }],
  ["any-transport", { title: "Whatever gets through", load: () => import("./any-transport/server.ts") }],
  ["background-work", { title: "Work in the background", load: () => import("./background-work/server.ts") }],
]);
