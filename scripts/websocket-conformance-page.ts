// Runs the cases of test/websocket-conformance against `serve`, and writes docs/reference/websocket-conformance.md from what was
// seen; the same cases as a test compare the two.
//
//   pnpm --filter @solent/test exec tsx --conditions=@solent/source ../scripts/websocket-conformance-page.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Allowed, type Outcome, type Result, worse } from "../test/websocket-conformance/conformance-case.ts";
import { examineSolent, type Row } from "../test/websocket-conformance/conformance-run.ts";

const results: readonly Result[] = ["OK", "INFORMATIONAL", "NON-STRICT", "FAIL"];

/** The page that says how each case was answered. */
export function websocketConformancePage(rows: readonly Row[]): string {
  const sections = [...new Set(rows.map(({ section }) => section))];
  const rowsOf = sections.map((section) => rows.filter((row) => row.section === section));
  const tables = rowsOf.map((some, index) => {
    const { title, about } = sections[index] as Row["section"];
    return `## ${index + 1}. ${title}\n\n${about === undefined ? "" : `${about}\n\n`}${table(some)}\n`;
  });
  const summary = rowsOf.map((some, index) => {
    const name = `${index + 1}. ${sections[index]?.title}`;
    return `| [${name}](#${name
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-")}) | ${counts(some)} |`;
  });
  return `${introduction}
| section | cases | connections | ${results.join(" | ")} |
|---|---|---|---|---|---|---|
${summary.join("\n")}
| all | ${counts(rows)} |

## What is not strict

${reasons(rows).join("\n")}

${tables.join("\n")}`;
}

const introduction = `# WebSocket conformance

<!-- Written by scripts/websocket-conformance-page.ts from what test/websocket-conformance saw. Do not edit it: run the script. -->

What Solent's WebSocket server answers to a client that speaks raw TCP and breaks every rule it can, in the spirit of the
Autobahn test suite. The cases are in \`test/websocket-conformance\`; they run with the other tests, on every version of Node that
is tested, and a test fails when this page is not what they see.

Each case is put to a server of \`serve\` with a consumer that says back what it hears, once for each of its variants (each place of a
cut, each wrong byte) on a connection of its own. Sections 2 to 9 are run again on connections that agreed on
permessage-deflate, where the server compresses every message. All frames of the server are checked as well: no mask, the
shortest length, no reserved bit, nothing behind a close frame, texts that are UTF-8. So is what the consumer heard: the
messages that came back and no others, and the code and the reason of the end.

| word | what was seen |
|---|---|
| \`HTTP 400\` | the answer to the handshake; where it is not 101, the end of TCP, and no consumer was made |
| \`echo\` | the consumer heard the message, and it came back, of the same kind and byte by byte |
| \`pong\` | the answer to a ping, with its payload |
| \`open\` | at the end a ping is answered, and a close frame with 1000 by one with 1000 and the end of TCP |
| \`close 1002\` | a close frame of the server and then the end of TCP, by the server; the consumer was told the same |
| \`end without a close frame\` | TCP has ended, and the consumer was told 1006 |
| \`heard\` | so many messages reached the consumer, where they are not those that came back |
| \`consumer\` | what the consumer heard, and the code it was told |

| result | meaning |
|---|---|
| OK | what the RFC says |
| INFORMATIONAL | the RFC leaves a choice, and this is the one that is made |
| NON-STRICT | more is taken than the RFC says, or less, and [why](#what-is-not-strict) |
| FAIL | anything else: the test fails |

Numbers in the column "rule" are RFCs: 3629 UTF-8, 6455 WebSocket, 7692 permessage-deflate, 9110 and 9112 HTTP.
`;

/** How many cases there are, how many connections they took, and how many ended in each way. */
function counts(rows: readonly Row[]): string {
  const connections = rows.reduce((sum, row) => sum + row.case.drives.length * row.outcomes.size, 0);
  const byResult = results.map((result) => rows.filter((row) => resultOf(row) === result).length);
  return [rows.length, connections, ...byResult].join(" | ");
}

function resultOf({ outcomes }: Row): Result {
  return [...outcomes.values()].map(({ result }) => result).reduce(worse, "OK");
}

/** Each reason once, with the numbers of the cases it is for. */
function reasons(rows: readonly Row[]): string[] {
  const numbers = new Map<string, string[]>();
  for (const { number, outcomes } of rows) {
    for (const why of new Set([...outcomes.values()].map((outcome) => outcome.why))) {
      if (why !== undefined) numbers.set(why, [...(numbers.get(why) ?? []), number]);
    }
  }
  return [...numbers].map(([why, all]) => `- ${all.join(", ")}: ${why}`);
}

function table(rows: readonly Row[]): string {
  const isTwice = rows.some(({ outcomes }) => outcomes.size > 1);
  const more = isTwice ? " with deflate |" : "";
  const lines = rows.map((row) => {
    const [first, second] = [...row.outcomes.values()] as [Outcome, Outcome | undefined];
    const cells = [
      row.number,
      row.case.name,
      row.case.rule,
      expected(row.case.allows),
      seen(first, second),
      first.result,
    ];
    return `| ${[...cells, ...(isTwice ? [second?.result ?? "—"] : [])].join(" | ")} |`;
  });
  return `| no. | case | rule | expected | seen | result |${more}\n|---|---|---|---|---|---|${isTwice ? "---|" : ""}\n${lines.join("\n")}`;
}

function expected(allows: readonly Allowed[]): string {
  const right = allows.filter(({ result }) => result !== "NON-STRICT");
  return right.map((one) => code(one.seen)).join(" or ");
}

function seen(first: Outcome, second: Outcome | undefined): string {
  if (second === undefined || second.seen === first.seen) return code(first.seen);
  return `${code(first.seen)}; with deflate ${code(second.seen)}`;
}

const code = (text: string): string => `\`${text}\``;

const target = fileURLToPath(new URL("../docs/reference/websocket-conformance.md", import.meta.url));
if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(target, websocketConformancePage(await examineSolent()));
