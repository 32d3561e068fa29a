export { catalogue, type ErrorCode, type ErrorDetails, type ErrorRow } from "./catalogue.ts";
export { closeCodes, reconnectAfter, type CloseName, type CloseRow, type Reconnect } from "./close-codes.ts";
export { SolentError } from "./solent-error.ts";
