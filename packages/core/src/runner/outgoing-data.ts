import type { Environment } from "../connection/environment.ts";
import type { AnyContract } from "../contract/contract.ts";
import { tablesOf } from "../contract/tables.ts";
import { requireStableEvent } from "../contract/validate-event.ts";
import type { OutgoingEvent } from "../consumer/consumer-runner.ts";
import type { EventData } from "../layer/message.ts";

/** The data of an event that a consumer with a contract sends, as its schema returns them. @throws {SolentError} CONTRACT_MISMATCH */
export function outgoingData(
  contract: AnyContract,
  { type, data }: OutgoingEvent,
  environment: Environment,
): EventData {
  const checked = contract["~validateEvent"](type, data);
  if (environment.isDevelopment) requireStableEvent(tablesOf(contract), type, checked);
  return checked;
}
