import { HubChannelLayer } from "./hub-channel-layer.ts";
import type { ChannelLayerOptions } from "../layer/layer-options.ts";

/** The channel layer of one process: a hub and nothing else. Messages do not reach other processes. */
export class InMemoryChannelLayer extends HubChannelLayer {
  /** @throws {SolentError} CONFIG_INVALID naming the option, its value and the rule. */
  constructor(options: ChannelLayerOptions = {}) {
    super(options);
  }
}
