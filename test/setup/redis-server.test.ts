import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { freePort, ping, redisServerProgram, startRedisServer } from "../../scripts/redis-server.mjs";
import { eventually } from "../support/redis/eventually.ts";
import { findRedis } from "../support/redis/find-redis.ts";
import { root } from "../gates/run-gate.ts";

let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "solent-bin-"));
  onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
});

function script(name: string, body = ""): string {
  const path = join(bin, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

const answers = (port: number): Promise<boolean> => ping(() => connect(port, "127.0.0.1"), 5_000);

describe("startRedisServer", () => {
  test("resolves when the server answers, and stop ends it and removes its folder", async () => {
    const { port, url, folder, ended, stop } = await startRedisServer();
    expect(url).toBe(`redis://127.0.0.1:${port}`);
    expect(await answers(port)).toBe(true);
    expect(existsSync(folder)).toBe(true);
    await stop();
    expect(await ended).toBe("exit code 0");
    expect(await answers(port)).toBe(false);
    expect(existsSync(folder)).toBe(false);
    await stop();
  });

  test("takes the port and the folder it is given, and leaves the folder", async () => {
    const port = await freePort();
    const server = await startRedisServer({ port, folder: join(bin, "redis") });
    expect(server).toMatchObject({ port, folder: join(bin, "redis") });
    await server.stop();
    expect(existsSync(join(bin, "redis", "redis.log"))).toBe(true);
  });

  test("refuses a port on which somebody else listens", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await expect(startRedisServer({ port })).rejects.toThrow(`Port ${port} is taken`);
  });

  test("says what the server said when it ends at once", async () => {
    const program = script("redis-server", "echo first; echo no more memory >&2; exit 3");
    await expect(startRedisServer({ program })).rejects.toThrow(/ended at once \(exit code 3\).*no more memory/);
    await expect(startRedisServer({ args: ["--no-such-setting", "1"] })).rejects.toThrow("no-such-setting");
  });

  test("gives up on a server that never answers, and ends it", async () => {
    const program = script("redis-server", `echo $$ > "${bin}/pid"; exec sleep 60`);
    await expect(startRedisServer({ program, readyTimeoutMs: 200 })).rejects.toThrow("did not answer within 200 ms");
    const pid = Number(readFileSync(join(bin, "pid"), "utf8"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("ends a server that is stopped", async () => {
    const server = await startRedisServer();
    process.kill(server.pid, "SIGSTOP");
    await server.stop();
    expect(await server.ended).toBe("exit code 0");
  });

  test("is a program too, which ends its server when it is told to", async () => {
    const child = spawn(process.execPath, ["scripts/redis-server.mjs"], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const port = Number(new URL(line.toString().trim()).port);
    expect(await answers(port)).toBe(true);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(await answers(port)).toBe(false);
  });

  // Only Linux ends a child when its parent is killed.
  test.each(
    process.platform === "linux" ? ["process.exit(0)", "process.kill(process.pid, 'SIGKILL')"] : ["process.exit(0)"],
  )("takes its server along when its process ends with %s", async (ending) => {
    const code = `import("./scripts/redis-server.mjs").then(async ({ startRedisServer }) => {
        const { port } = await startRedisServer();
        process.stdout.write(String(port), () => ${ending});
      });`;
    // A killed process leaves its server's folder behind, which then is in ours.
    const env = { ...process.env, TMPDIR: bin };
    const child = spawn(process.execPath, ["-e", code], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const port = Number(line.toString());
    await eventually("the server is gone", async () => !(await answers(port)));
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
});

describe("redisServerProgram", () => {
  test("takes REDIS_SERVER_PATH, then redis-server, then valkey-server", () => {
    const valkey = script("valkey-server");
    expect(redisServerProgram({ env: { PATH: bin } })).toBe(valkey);
    const redis = script("redis-server");
    expect(redisServerProgram({ env: { PATH: bin } })).toBe(redis);
    expect(redisServerProgram({ env: { PATH: bin, REDIS_SERVER_PATH: valkey } })).toBe(valkey);
  });
});

describe("findRedis", () => {
  test("takes the server that REDIS_URL names before it starts one, and leaves it running", async () => {
    const server = await startRedisServer();
    const found = await findRedis({ env: { REDIS_URL: server.url } });
    expect(found).toMatchObject({ url: server.url, how: `Redis at 127.0.0.1:${server.port}, named by REDIS_URL` });
    await found.stop();
    expect(await answers(server.port)).toBe(true);
    await server.stop();
  });

  test("refuses a REDIS_URL where nobody answers, and one that is none", async () => {
    const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
    await expect(findRedis({ env: { REDIS_URL } })).rejects.toThrow("where no Redis answers: correct it or unset it.");
    await expect(findRedis({ env: { REDIS_URL: "localhost" } })).rejects.toThrow("REDIS_URL is not a URL");
  });

  test("starts the program that is on the PATH, says so, and ends it", async () => {
    symlinkSync(redisServerProgram(), join(bin, "valkey-server"));
    const found = await findRedis({ env: { PATH: bin } });
    const { host, port } = new URL(found.url);
    expect(found.how).toBe(`Redis at ${host}, started from ${join(bin, "valkey-server")}`);
    expect(await answers(Number(port))).toBe(true);
    await found.stop();
    expect(await answers(Number(port))).toBe(false);
  });

  test("installs the program where it is allowed to, and starts it", async () => {
    const put = `/bin/ln -s "${redisServerProgram()}" "${bin}/redis-server"`;
    script("apt-get", `[ "$1" = install ] && ${put}\nexit 0`);
    const said: string[] = [];
    const log = (line: string): void => void said.push(line);
    const found = await findRedis({ env: { PATH: bin, REDIS_FROM: "install" }, uid: 0, log });
    expect(said).toEqual(["redis-server is not here: installing redis-server with apt-get. This happens once."]);
    expect(found.how).toContain(`installed and started from ${join(bin, "redis-server")}`);
    await found.stop();
  });

  test("starts a container where an engine runs, and elsewhere says why there is none", async () => {
    const found = await findRedis({ env: { REDIS_FROM: "docker" } }).catch((error: Error) => error);
    if (found instanceof Error) {
      expect(found.message).toMatch(/^The tests need Redis: no container of redis:7-alpine could be started \(.+\)\./);
      return;
    }
    const { hostname, port, password } = new URL(found.url);
    expect(found.how).toBe(`Redis at ${hostname}:${port}, in a container of redis:7-alpine`);
    expect(password).toMatch(/^[0-9a-f]{32}$/);
    const open = (): Socket => connect(Number(port), hostname);
    expect(await ping(open, 5_000)).toBe(true);
    await found.stop();
    expect(await ping(open, 5_000)).toBe(false);
  }, 180_000);

  test("fails with the reason of the way that was asked for", async () => {
    const env = { PATH: bin };
    await expect(findRedis({ env: { ...env, REDIS_FROM: "path" } })).rejects.toThrow(
      "The tests need Redis: no redis-server or valkey-server is on the PATH. Set REDIS_URL, or install redis-server.",
    );
    await expect(findRedis({ env: { ...env, REDIS_FROM: "install" }, uid: 1000 })).rejects.toThrow(
      "no known package manager is here to install it with",
    );
    await expect(findRedis({ env: { ...env, REDIS_FROM: "luck" } })).rejects.toThrow(
      'REDIS_FROM is "luck"; it can be url, path, docker, install.',
    );
  });
});

test("the workers of this project have a server in REDIS_URL", async () => {
  const { hostname, port } = new URL(process.env["REDIS_URL"]!);
  expect(await ping(() => connect(Number(port), hostname), 5_000)).toBe(true);
});
