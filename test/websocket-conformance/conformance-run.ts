import { closing } from "./cases/closing-cases.ts";
import { compression } from "./cases/compression-cases.ts";
import { controlFrames } from "./cases/control-cases.ts";
import { decoding } from "./cases/decoding-cases.ts";
import { fragmentation } from "./cases/fragmentation-cases.ts";
import { handshakes } from "./cases/handshake-cases.ts";
import { lengths } from "./cases/length-cases.ts";
import { masking } from "./cases/masking-cases.ts";
import { reserved } from "./cases/reserved-cases.ts";
import { utf8 } from "./cases/utf8-cases.ts";
import { type Case, examine, type Mode, type Outcome, type Section } from "./conformance-case.ts";
import { solent, type Subject } from "./subject.ts";

/** Every section in its order; its number is its place. */
export const sections: readonly Section[] = [
  handshakes,
  lengths,
  masking,
  fragmentation,
  controlFrames,
  reserved,
  utf8,
  closing,
  decoding,
  compression,
];

/** A case with its number and what came of it, by mode. */
export interface Row {
  readonly number: string;
  readonly section: Section;
  readonly case: Case;
  readonly outcomes: ReadonlyMap<Mode, Outcome>;
}

const defaultModes: readonly Mode[] = ["plain", "deflate"];

const patienceMs = 5_000;

/** Runs every case in each of its modes, against `serve` as that mode needs it. */
export async function examineSolent(): Promise<Row[]> {
  await using plain = await solent();
  // Every message is compressed, however short.
  await using deflate = await solent({ perMessageDeflate: { threshold: 0 } });
  await using page = await solent({ hasPage: true });
  const subjects: Readonly<Record<Mode, Subject>> = { plain, deflate, page };
  const rows: Row[] = [];
  for (const [sectionIndex, section] of sections.entries()) {
    for (const [caseIndex, one] of section.cases.entries()) {
      const outcomes = new Map<Mode, Outcome>();
      for (const mode of one.modes ?? defaultModes) {
        outcomes.set(mode, await examine(one, { subject: subjects[mode], mode, patienceMs }));
      }
      rows.push({ number: `${sectionIndex + 1}.${caseIndex + 1}`, section, case: one, outcomes });
    }
  }
  return rows;
}
