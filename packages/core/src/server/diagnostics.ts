import { channel } from "node:diagnostics_channel";
import type { Observer } from "../connection/observer.ts";

/**
 * The observer of every server of this process: Node's diagnostics channels `solent:connect`, `solent:close`,
 * `solent:event`, `solent:overflow` and `solent:error`.
 */
export const diagnosticsObserver: Observer = {
  connect: channel("solent:connect"),
  close: channel("solent:close"),
  event: channel("solent:event"),
  overflow: channel("solent:overflow"),
  error: channel("solent:error"),
};
