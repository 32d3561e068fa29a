import { hex, isSame, lastPing, nameOf } from "./answer-reader.ts";
import type { Hearing, Subject } from "./subject.ts";
import { Silence, Talk } from "./talk.ts";

/** How a case ended. `INFORMATIONAL`: the RFC leaves a choice. `NON-STRICT`: more is taken, or less, than the RFC says. */
export type Result = "OK" | "INFORMATIONAL" | "NON-STRICT" | "FAIL";

/** Something that may be seen, and what that is worth. */
export interface Allowed {
  readonly seen: string;
  readonly result: Result;
  /** Why, where it is not simply right. */
  readonly why?: string;
}

/** `plain`: without extensions. `deflate`: permessage-deflate is agreed on. `page`: as `plain`, beside a page. */
export type Mode = "plain" | "deflate" | "page";

/** One way to put a case; it is run on a connection of its own. */
export type Drive = (talk: Talk) => void | Promise<void>;

/** A rule, what is done to see whether it is kept, and what may be seen. */
export interface Case {
  /** What is sent. */
  readonly name: string;
  /** Where the rule stands. */
  readonly rule: string;
  readonly allows: readonly Allowed[];
  /** Every one of them has to be answered in a way that is allowed. */
  readonly drives: readonly Drive[];
  /** @default plain and deflate */
  readonly modes?: readonly Mode[];
  /**
   * What is seen on which version of Node, where they differ; the page says this and the worst of what is allowed, so that it
   * is the same whatever Node wrote it.
   */
  readonly varies?: string;
  /** Whether the drives make their handshakes themselves. */
  readonly isHandshake?: boolean;
}

/** Cases about one thing. */
export interface Section {
  readonly title: string;
  /** A sentence about what its words mean, where that is not plain. */
  readonly about?: string;
  readonly cases: readonly Case[];
}

/** What came of one mode of a case. */
export interface Outcome {
  readonly seen: string;
  readonly result: Result;
  readonly why: string | undefined;
  /** What the client wrote in the first run that was not right, for the report of a failure. */
  readonly written: string;
}

/** What is examined, and how patiently. */
export interface Examination {
  readonly subject: Subject;
  readonly mode: Mode;
  /** How long the server may take for its next answer. */
  readonly patienceMs: number;
}

/** The one thing that may be seen. */
export function only(seen: string): readonly Allowed[] {
  return [{ seen, result: "OK" }];
}

/** Things of which the RFC lets a server choose. */
export function choice(...all: readonly string[]): readonly Allowed[] {
  return all.map((seen) => ({ seen, result: "INFORMATIONAL" as const }));
}

/** What the RFC says, and what is seen instead of it where that does no harm. */
export function lenient(right: string, instead: { seen: string; why: string }): readonly Allowed[] {
  return [
    { seen: right, result: "OK" },
    { ...instead, result: "NON-STRICT" },
  ];
}

const order: readonly Result[] = ["OK", "INFORMATIONAL", "NON-STRICT", "FAIL"];

/** The worse of two results. */
export function worse(one: Result, other: Result): Result {
  return order.indexOf(one) > order.indexOf(other) ? one : other;
}

/** Runs every drive of a case against a server. */
export async function examine(one: Case, examination: Examination): Promise<Outcome> {
  const seen = new Set<string>();
  let result: Result = "OK";
  let why: string | undefined;
  let written = "";
  for (const drive of one.drives) {
    const run = await runDrive(one, drive, examination);
    const allowed = one.allows.find((each) => each.seen === run.seen);
    seen.add(run.seen);
    why ??= allowed?.why;
    if (written === "" && allowed?.result !== "OK") written = run.written;
    result = worse(result, allowed?.result ?? "FAIL");
    // One is enough to know, and a server that does not answer takes long.
    if (result === "FAIL") break;
  }
  if (one.varies !== undefined && result !== "FAIL") {
    for (const allowed of one.allows) result = worse(result, allowed.result);
    why = one.allows.find((allowed) => allowed.why !== undefined)?.why;
    return { seen: one.varies, result, why, written };
  }
  return { seen: [...seen].join("; "), result, why, written };
}

async function runDrive(
  { isHandshake = false }: Case,
  drive: Drive,
  { subject, mode, patienceMs }: Examination,
): Promise<{ seen: string; written: string }> {
  const extensions = mode === "deflate" ? "permessage-deflate" : undefined;
  await using talk = new Talk({ subject, extensions, patienceMs });
  try {
    if (!isHandshake) await talk.open();
    if (isHandshake || talk.answers.status === 101) await drive(talk);
    await finish(talk);
  } catch (error) {
    // A server under examination may answer with what no reader can take.
    talk.note(error instanceof Silence ? "then silence" : `then ${String(error)}`);
  }
  return { seen: sentence(talk.answers.words), written: hex(Buffer.concat(talk.written)) };
}

/** Brings a connection to its end, and looks whether both sides of the server agree on what has happened. */
async function finish(talk: Talk): Promise<void> {
  const { answers } = talk;
  if (answers.status === 101 && !talk.isLeaving) await askIfOpen(talk);
  await talk.until(() => answers.ending !== undefined);
  // After a close frame the server is the one who ends TCP (RFC 6455 section 7.1.1).
  if (answers.status === 101 && answers.close === undefined) talk.note("end without a close frame");
  else if (answers.ending === "reset" && answers.status === 101) talk.note("reset");
  await compareHearing(talk);
}

async function askIfOpen(talk: Talk): Promise<void> {
  const { answers } = talk;
  const isOver = (): boolean => answers.close !== undefined || answers.ending !== undefined;
  talk.write(talk.frame({ opcode: 9, payload: lastPing }));
  await talk.until(() => answers.isStillThere || isOver());
  if (isOver()) return;
  const wordCount = answers.words.length;
  talk.write(talk.close(1000));
  await talk.until(() => answers.ending !== undefined);
  // A clean end is not worth a word of its own.
  if (answers.words.length === wordCount + 1 && answers.words.at(-1) === "close 1000") answers.words.pop();
  answers.words.push("open");
}

async function compareHearing(talk: Talk): Promise<void> {
  const { answers, subject, id } = talk;
  const hearing = subject.hearing(id);
  if (answers.status !== 101) {
    if (answers.status === undefined) talk.note("end without an answer");
    if (hearing !== undefined) talk.note("a consumer was made");
    return;
  }
  await talk.until(() => subject.hearing(id)?.end !== undefined);
  const { messages, end } = hearing as Hearing;
  if (talk.tellsHearing) {
    talk.note(`consumer: ${[...messages.map(nameOf), `end ${end?.code}`].join(", ")}`);
    return;
  }
  const expected = answers.messages.slice(0, answers.echoes);
  if (messages.length !== expected.length) talk.note(`${messages.length} heard`);
  if (!expected.every((message, index) => isSame(message, messages[index]))) talk.note("heard something else");
  const { code, reason } = answers.close === undefined ? { code: 1006, reason: "" } : answers.close;
  if (end?.code !== (code ?? 1005) || end.reason !== reason) talk.note(`consumer: end ${end?.code}`);
}

/** The words of a run, with those that repeat counted. */
function sentence(words: readonly string[]): string {
  const parts: { word: string; count: number }[] = [];
  for (const word of words) {
    const last = parts.at(-1);
    if (last?.word === word) last.count++;
    else parts.push({ word, count: 1 });
  }
  return parts.map(({ word, count }) => (count === 1 ? word : `${word} ×${count}`)).join(", ");
}
