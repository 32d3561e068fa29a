import type { AnyContract } from "@solent/core/contract";
import { connect } from "../connect.ts";
import type { ConnectOptions } from "../options.ts";
import type { RemoteConsumer } from "../remote-consumer.ts";
import { sharedSocket, type SharedSocketOptions } from "./shared-socket.ts";

/** Several consumers over one connection. */
export interface Multiplex {
  /**
   * Connects to the consumer at a path, over the connection that all of them share; as `connect` does.
   *
   * @throws {ClientError} CLIENT_OPTION when the path or an option is not usable.
   */
  open<C extends AnyContract = never>(path: string, options?: Omit<ConnectOptions, "WebSocket">): RemoteConsumer<C>;
}

/**
 * Shares one connection to a server among several consumers, each of which opens, ends and comes back for itself.
 *
 * @param origin where the server is: `"/"` for the page's own, `"https://chat.example"`.
 */
export function multiplex(origin: string | URL, options: SharedSocketOptions = {}): Multiplex {
  const WebSocket = sharedSocket(options);
  const base = String(origin).replace(/\/$/, "");
  return { open: (path, more) => connect(base + path, { ...more, WebSocket }) };
}
