import { copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDatabase } from "./database.ts";

test("a new file has the rooms that are always there, and an old one keeps what it has", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chat-"));
  const file = join(folder, "new", "chat.sqlite");
  try {
    const first = await openDatabase(file);
    const rooms = await first.selectFrom("conversations").select("name").orderBy("id").execute();
    expect(rooms.map(({ name }) => name)).toEqual(["lobby", "ideas", "random"]);
    for (const each of [file, `${file}-wal`]) expect((await stat(each)).mode & 0o777).toBe(0o600);
    await first.insertInto("settings").values({ name: "secret", value: "kept" }).execute();
    await first.destroy();

    const second = await openDatabase(file);
    expect(await second.selectFrom("settings").selectAll().execute()).toEqual([{ name: "secret", value: "kept" }]);
    await second.destroy();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a file that was closed can be copied alone, and holds everything", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chat-"));
  try {
    const original = await openDatabase(join(folder, "chat.sqlite"));
    await original.insertInto("settings").values({ name: "secret", value: "kept" }).execute();
    await original.destroy();
    await copyFile(join(folder, "chat.sqlite"), join(folder, "copy.sqlite"));
    const copy = await openDatabase(join(folder, "copy.sqlite"));
    expect(await copy.selectFrom("settings").selectAll().execute()).toEqual([{ name: "secret", value: "kept" }]);
    await copy.destroy();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a file that is no database is refused", async () => {
  await expect(openDatabase(import.meta.filename)).rejects.toThrow(/not a database/);
});
