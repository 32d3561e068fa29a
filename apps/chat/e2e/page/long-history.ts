import { randomUUID } from "node:crypto";
import { nameKey } from "../../server/accounts/person.ts";
import { openDatabase } from "../../server/database/database.ts";

/** What the lobby holds before the server starts. */
export interface LongHistory {
  readonly database: string;
  readonly lines: number;
  /** How many of them are of one day; the last day is today. */
  readonly linesOfDay: number;
  /** Whose account there is already, a member of the lobby, with the number of the last line they have read. */
  readonly readTo: Readonly<Record<string, number>>;
}

const dayMs = 24 * 60 * 60_000;
/** How many lines somebody writes before the next one does. */
const linesInARow = 20;
/** SQLite takes so many values in one statement. */
const linesOfInsert = 1_000;

/** Line `number` as it reads: most are short, some are long, some have several lines of their own. */
export function textOfLine(number: number): string {
  if (number % 17 === 0) return `Line ${number} ${"goes on for a while, ".repeat(1 + (number % 11))}`.trim();
  return number % 13 === 0 ? `Line ${number}\nwith a second\nand a third` : `Line ${number}`;
}

/** Fills the lobby, in the database alone. Those of `readTo` take turns in writing. */
export async function fillLobby({ database: location, lines, linesOfDay, readTo }: LongHistory): Promise<void> {
  const database = await openDatabase(location);
  try {
    const lobby = database.selectFrom("conversations").select("id").where("name", "=", "lobby");
    const { id: conversationId } = await lobby.executeTakeFirstOrThrow();
    const userIds: number[] = [];
    for (const name of Object.keys(readTo)) {
      const user = database.selectFrom("users").select("id").where("nameKey", "=", nameKey(name));
      userIds.push((await user.executeTakeFirstOrThrow()).id);
    }
    const now = Date.now();
    const messages = Array.from({ length: lines }, (_, at) => ({
      id: at + 1,
      revision: at + 1,
      conversationId,
      authorId: userIds[Math.floor(at / linesInARow) % userIds.length] ?? 0,
      clientId: randomUUID(),
      text: textOfLine(at + 1),
      state: "said" as const,
      createdAt: now - Math.floor((lines - 1 - at) / linesOfDay) * dayMs,
    }));
    await database.transaction().execute(async (transaction) => {
      for (let from = 0; from < lines; from += linesOfInsert) {
        const values = messages.slice(from, from + linesOfInsert);
        await transaction.insertInto("messages").values(values).execute();
      }
      const members = Object.values(readTo).map((read, at) => ({
        conversationId,
        userId: userIds[at] ?? 0,
        state: "member" as const,
        readTo: read,
      }));
      await transaction.insertInto("members").values(members).execute();
    });
  } finally {
    await database.destroy();
  }
}

/** A time zone in which it is about noon, so that no day ends while a test looks at days. */
export function noonZone(now: Date = new Date()): string {
  const behind = now.getUTCHours() - 12;
  // These names count to the west of Greenwich.
  return `Etc/GMT${behind < 0 ? behind : `+${behind}`}`;
}
