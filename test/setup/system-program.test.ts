import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { systemProgram } from "../../scripts/system-program.mjs";

let bin: string;
let said: string[];

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "solent-bin-"));
  said = [];
  onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
});

function script(name: string, body = ""): string {
  const path = join(bin, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

/** A package manager that writes down how it was called and, on "install", puts Chromium on the PATH. */
function packageManager(brings: string): void {
  const put = `printf '#!/bin/sh\\n' > "${bin}/${brings}"; /bin/chmod +x "${bin}/${brings}"`;
  script("apt-get", `echo "$@" >> "${bin}/calls"\n[ "$1" = install ] && { ${put}; }\nexit 0`);
}

function find(env: Record<string, string> = {}, uid = 0): string {
  return systemProgram("chromium", { env: { PATH: bin, ...env }, uid, log: (line) => said.push(line) });
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("expected an error");
}

describe("systemProgram", () => {
  test("takes what the environment variable names before what is on the PATH", () => {
    script("chromium");
    const mine = script("my-browser");
    expect(find({ CHROMIUM_PATH: mine })).toBe(mine);
  });

  test("refuses an environment variable that names no executable file", () => {
    script("chromium");
    writeFileSync(join(bin, "plain"), "");
    expect(messageOf(() => find({ CHROMIUM_PATH: join(bin, "plain") }))).toContain(
      'CHROMIUM_PATH is "' + join(bin, "plain") + '", which is not an executable file',
    );
    expect(messageOf(() => find({ CHROMIUM_PATH: bin }))).toContain("not an executable file");
  });

  test("takes the first name that is on the PATH, and installs nothing", () => {
    packageManager("chromium");
    const present = script("google-chrome");
    expect(find()).toBe(present);
    expect(said).toEqual([]);
  });

  test("passes over a program that lacks what is needed", () => {
    packageManager("unrelated");
    const complete = script("python3", '[ "$1" = -c ]');
    const attempt = () => {
      try {
        return systemProgram("python3-channels-redis", { env: { PATH: bin }, uid: 0, log: (line) => said.push(line) });
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(attempt()).toBe(complete);
    expect(said).toEqual([]);
    script("python3", '[ "$1" != -c ]');
    expect(attempt()).not.toBe(complete);
  });

  test("installs with the package manager when it is root, and says so", () => {
    packageManager("chromium");
    expect(find()).toBe(join(bin, "chromium"));
    expect(said).toEqual([
      "chromium is not here: installing chromium, fonts-liberation with apt-get. This happens once.",
    ]);
    expect(readFileSync(join(bin, "calls"), "utf8")).toBe(
      "update -qq\ninstall -y -qq --no-install-recommends chromium fonts-liberation\n",
    );
  });

  test("installs through sudo when sudo asks for no password", () => {
    packageManager("chromium");
    script("sudo", 'shift; [ "$1" = true ] || exec "$@"');
    expect(find({}, 1000)).toBe(join(bin, "chromium"));
  });

  test.each([
    ["there is no package manager", () => undefined, "no known package manager is here to install it with"],
    ["it is not root and there is no sudo", () => packageManager("chromium"), "needs root or a passwordless sudo"],
    [
      "sudo wants a password",
      () => (packageManager("chromium"), script("sudo", "echo a password is required >&2; exit 1")),
      "needs root or a passwordless sudo",
    ],
  ])("fails with one line that says what to install when %s", (_when, prepare, reason) => {
    prepare();
    const message = messageOf(() => find({}, 1000));
    expect(message).toContain(reason);
    expect(message).toMatch(/install chromium, or set CHROMIUM_PATH to its path\.$/);
    expect(message).not.toContain("\n");
  });

  test("passes on the last words of a package manager that failed", () => {
    script("apt-get", "echo first >&2; echo E: no network >&2; exit 100");
    expect(messageOf(() => find())).toContain("apt-get update -qq failed (E: no network)");
  });

  test("does not believe a package manager that brought nothing", () => {
    packageManager("something-else");
    expect(messageOf(() => find())).toContain("its package brought no program of that name");
  });

  test("names the programs it knows when asked for another", () => {
    expect(messageOf(() => systemProgram("netscape"))).toBe(
      'There is no system program "netscape"; known: chromium, python3-channels-redis, gcc, redis-server, postgres, haproxy, openssl.',
    );
  });
});
