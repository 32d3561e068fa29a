/** The subprotocol that adds keys and frames to the plain envelopes (docs/reference/protocol.md). */
export const solentV1 = "solent.v1";
