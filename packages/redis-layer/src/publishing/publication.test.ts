import { describe, expect, test } from "vitest";
import { readAttempts } from "./publication.ts";

const replyError = (message: string): Error => Object.assign(new Error(message), { name: "ReplyError" });
const failed = (message: string) => readAttempts(replyError(message), null, 1)[0];

describe("what became of a publish", () => {
  test("is told for each message that a command carried", () => {
    expect(readAttempts(null, "3\n-OOM command not allowed (SET)\n0", 3)).toEqual([
      { outcome: "done", receivers: 3 },
      { outcome: "refused", message: "OOM command not allowed (SET)" },
      { outcome: "done", receivers: 0 },
    ]);
    expect(readAttempts(null, "?\n1\n!", 3)).toEqual([
      { outcome: "done", receivers: undefined },
      { outcome: "done", receivers: 1 },
      { outcome: "unknown" },
    ]);
    expect(readAttempts(null, 2, 1)).toEqual([{ outcome: "done", receivers: 2 }]);
    expect(readAttempts(replyError("LOADING"), null, 3)).toHaveLength(3);
  });

  test.each([
    ["NOSCRIPT No matching script.", "script"],
    ["MOVED 3999 127.0.0.1:6381", "moved"],
    ["TRYAGAIN Multiple keys request during rehashing of slot", "wait"],
    ["CLUSTERDOWN Hash slot not served", "wait"],
    ["LOADING Redis is loading the dataset in memory", "wait"],
    ["BUSY Redis is busy running a script.", "wait"],
    ["NOREPLICAS Not enough good replicas to write. (SET)", "wait"],
    ["READONLY You can't write against a read only replica. (SET)", "role"],
  ])("%s is tried again, since it surely was not executed", (message, cause) => {
    expect(failed(message)).toEqual({ outcome: "retry", cause });
    // The script reports it in a line of its own.
    expect(readAttempts(null, `-${message}`, 1)).toEqual([{ outcome: "retry", cause }]);
  });

  test("an ASK names the server that is to be asked once", () => {
    expect(failed("ASK 3999 127.0.0.1:6381")).toEqual({
      outcome: "retry",
      cause: "moved",
      askServer: "127.0.0.1:6381",
    });
    expect(readAttempts(null, "-ASK 3999 127.0.0.1:6381 (GET)", 1)[0]).toMatchObject({ askServer: "127.0.0.1:6381" });
  });

  test.each([
    ["NOPERM this user has no permissions to run the 'evalsha' command", "refused"],
    // From inside a script that was running: what it had done by then is not known.
    ["ERR user_script:12: something", "uncertain"],
  ])("%s is %s", (message, outcome) => {
    expect(failed(message)).toMatchObject({ outcome });
  });

  test("a connection that ended before the answer leaves it uncertain", () => {
    expect(readAttempts(new Error("Connection is closed."), null, 2)).toEqual([
      { outcome: "uncertain" },
      { outcome: "uncertain" },
    ]);
  });
});
