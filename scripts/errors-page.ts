// Writes docs/reference/errors.md from the catalogue of error codes and the notes below; a test compares the two.
//
//   pnpm exec tsx scripts/errors-page.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalogue, type ErrorCode, type ErrorRow } from "../packages/core/src/errors/index.ts";

/** When each code is raised and what to do about it. A code without a note, or a note without a code, does not compile. */
const notes: Readonly<Record<ErrorCode, string>> = {
  CONFIG_INVALID:
    "Thrown where something is made. The details name the `option`, its `value` and the `rule`: change the option.",
  ROUTE_NOT_FOUND:
    "Nothing in a router matches the path, and no router around it either; the handshake is answered with 404. Add a route, or look at the routes tried for a pattern that was meant to match.",
  ROUTE_INVALID: "Thrown when a route or a router is made. Correct the pattern as the rule says.",
  ROUTE_PROTOCOL:
    "A connection came for a protocol that `ProtocolTypeRouter` has no application for. Give it one, or leave the port alone.",
  CONTRACT_INVALID: "Thrown by `contract()`. Correct the entry that it names.",
  CONTRACT_ASYNC:
    "A schema gave a promise. Contracts are checked on the hot path: keep schemas synchronous, and look things up in the handler.",
  CONTRACT_MISMATCH:
    "Data does not fit the contract: on sending, the caller's mistake; on receiving, the peer's, which gets an error frame with the same code, and its connection stays.",
  FRAME_INVALID:
    "The peer sent something that is no envelope. It gets an error frame; after too many of them its connection is closed.",
  FRAME_UNKNOWN_TYPE:
    "The peer sent a message that the contract has not. Client and server have different contracts, as a rule.",
  FRAME_BINARY:
    "The peer sent bytes to a consumer that understands text. Override `receiveBinary`, or correct the client.",
  FRAME_UNANSWERED:
    "The contract promises an answer to this message, and the handler ended without one. The peer gets an error.",
  CONSUMER_INVALID: "Thrown when a class is first routed. The rule says what to add or to rename.",
  CONSUMER_UNDECIDED:
    "`connect` ended without accepting or denying, so the connection was denied: nothing is accepted by omission.",
  CONSUMER_STATE:
    "The call comes too early or too late in the life of the connection. See [the lifecycle](lifecycle.md).",
  CONSUMER_NO_LAYER: "A consumer uses groups or `this.layer`, and the application runs without that layer.",
  REQUEST_UNANSWERED:
    "`handle` of an `HttpConsumer` ended, and nothing had been answered or was to be: a request is never forgotten.",
  BODY_INVALID:
    "A request's body is too large, or is not what it was read as. Its client gets the details' `status` (413 or 400), unless `handle` catches it.",
  HANDLER_FAILED: "A handler threw. The cause is in the log and in `cause`; the peer sees a close code and no more.",
  CALL_FAILED: "The peer answered a call with an error that the contract declares. The details hold its `code`.",
  CALL_UNANSWERED:
    "The peer did not answer a call in time, or its connection ended first. Whether it did what was asked is not known.",
  CALL_TOO_MANY: "Too many calls of one connection wait for an answer. Wait for some of them first.",
  NAME_INVALID:
    "A channel or group name breaks the rule that the message names; nothing was sent or joined. Encode what comes from outside before it becomes part of a name.",
  EVENT_INVALID:
    "The type is no event type or is reserved, the contract has no such event, or the data holds what cannot travel: at all, or in the wire format of another system, where `except` cannot either. The message names the place; nothing was sent.",
  MESSAGE_TOO_LARGE:
    "Nothing was sent. Send a reference to the data rather than the data, or raise `maxMessageBytes` where the layer allows it.",
  CHANNEL_FULL:
    "The member or queue holds its capacity already, and the message was not taken. Its reader is too slow: try later, or raise `capacity` or `channelCapacity`.",
  CHANNEL_UNREACHABLE:
    "The name belongs to nobody: its connection has ended, its node is gone, or it was never given. Nobody got the message. Retry only where the name may come back to life, as during a failover.",
  CHANNEL_TIMEOUT: "The time of a `receive` is over, and nothing was taken. Wait again.",
  LAYER_UNAVAILABLE:
    "The layer could not do it, and surely nothing was sent: retry freely. A join that rejects so has not joined.",
  LAYER_UNCERTAIN: "Nobody knows whether the message was sent. Retry only what may happen twice.",
  LAYER_BUSY:
    "A limit of the layer is reached; the message names which. Nothing was sent. Slow down, or raise that limit.",
  LAYER_CLOSED: "The layer has been closed, as happens at the end of a server. Stop using it.",
  SERVER_STATE: "The server cannot do this now; the rule says why.",
  CONNECTION_DENIED: "The server refused the handshake. The details hold the `status` and the `body` it answered with.",
};

/** The message of a row, with the name of each detail where its value would stand. */
function sentence(row: ErrorRow): string {
  const names = new Proxy({}, { get: (_, name) => `‹${String(name)}›` });
  return row.message(names);
}

/** The page as it should be. */
export function errorsPage(): string {
  const rows = Object.entries(catalogue) as [ErrorCode, ErrorRow][];
  const sections = rows.map(([code, row]) => {
    const facts = [
      `area ${row.area}`,
      row.retryable ? "retryable" : "not retryable",
      ...(row.closeCode === undefined ? [] : [`close code ${row.closeCode}`]),
    ];
    return `### ${code}\n\n${facts.join(" · ")}\n\n> ${sentence(row)}\n\n${notes[code]}\n`;
  });
  return `# Errors

<!-- Written by scripts/errors-page.ts from packages/core/src/errors/catalogue.ts. Do not edit it: change those and run the script. -->

Everything that Solent throws or rejects with is a \`SolentError\` of \`@solent/core/errors\` with one of these codes. Codes never
change their meaning; messages may. \`retryable\` says whether doing the same again later can succeed; the close code is what a peer
sees when the error ends its connection, and never more than that ([close codes](close-codes.md)).

\`\`\`ts
import { SolentError } from "@solent/core/errors";
import { InMemoryChannelLayer } from "@solent/core/layer";

const layer = new InMemoryChannelLayer({ capacity: 1 });
try {
  await layer.send("thumbnails", { type: "thumbnail.make", file: "a.png" });
} catch (error) {
  // \`is\` rather than \`instanceof\`: it also knows the errors of a second copy of Solent in the process.
  if (!SolentError.is(error, "CHANNEL_FULL")) throw error;
  console.log(error.message, error.retryable, error.details);
}
\`\`\`

In the messages below, ‹names› stand for the details of the error.

## Codes

${sections.join("\n")}`;
}

const target = fileURLToPath(new URL("../docs/reference/errors.md", import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(target, errorsPage());
