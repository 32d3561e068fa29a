import type { Logger } from "../connection/logger.ts";
import { snapshot, snapshotDefaults } from "../internal/snapshot.ts";
import type { EventData, LayerMessage } from "../layer/message.ts";
import { type ClassInfo, countUnhandled } from "./class-info.ts";

// The size was judged by the layer that carried it; what a schema adds (defaults) is the server's own.
const arrivedLimits = { ...snapshotDefaults, maxBytes: Infinity };

let lastMessage: LayerMessage | undefined;
let lastContract: unknown;
let lastData: EventData | undefined;

/**
 * The data of an event that its sender did not check against this class's contract: checked here, once a node.
 *
 * Members of a group are served in a row, so remembering the last answer is enough.
 *
 * @returns `undefined` when it does not fit; that is counted, and logged once per class and type.
 */
export function arrivedData(info: ClassInfo, message: LayerMessage, logger: Logger): EventData | undefined {
  const { contract } = info;
  if (message === lastMessage && contract === lastContract) return lastData;
  lastMessage = message;
  lastContract = contract;
  const { type } = message.meta;
  try {
    lastData =
      contract === undefined ? message.data : snapshot(contract["~validateEvent"](type, message.data), arrivedLimits);
  } catch (error) {
    lastData = undefined;
    if (countUnhandled(info, type)) {
      logger.warn(
        { err: error, consumer: info.name, type },
        `an event "${type}" does not fit the contract of ${info.name}; it is counted and ignored`,
      );
    }
  }
  return lastData;
}
