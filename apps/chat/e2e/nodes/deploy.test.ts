import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { systemProgram } from "../../../../scripts/system-program.mjs";
import { readConfig } from "../../server/config.ts";

const folder = fileURLToPath(new URL("../../deploy/", import.meta.url));

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
}

/** What compose.yaml says, with the variables of the shell put in as Docker does. */
async function services(shell: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Service>>> {
  const text = await readFile(`${folder}compose.yaml`, "utf8");
  const filled = text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, rest: string) => {
    const value = shell[name] ?? (kind === "-" ? rest : undefined);
    if (value === undefined) throw new Error(`${name} is missing: ${rest}`);
    return value;
  });
  return (parse(filled, { merge: true }) as { services: Record<string, Service> }).services;
}

const shell = { CHAT_DATABASE_PASSWORD: "databasePassword", CHAT_ADMIN_PASSWORD: "admin password" };

test("compose.yaml gives every node a configuration that the chat takes, and a name of its own", async () => {
  const nodes = Object.entries(await services(shell)).filter(([name]) => name.startsWith("chat-"));
  expect(nodes.map(([name]) => name)).toEqual(["chat-1", "chat-2", "chat-3"]);
  for (const [name, { environment = {}, depends_on: waitsFor, build }] of nodes) {
    const config = readConfig(environment);
    expect(config).toMatchObject({
      port: 8_000,
      proxies: 1,
      redis: "redis://redis:6379",
      adminPassword: "admin password",
    });
    expect(config.database).toBe("postgres://chat:databasePassword@postgres:5432/chat");
    expect(config.node).toBe(name.replace("chat", "node"));
    expect(Object.keys(environment).filter((variable) => !isKnown(variable))).toEqual([]);
    expect(waitsFor).toEqual({ redis: { condition: "service_healthy" }, postgres: { condition: "service_healthy" } });
    expect(await readFile(`${folder}${build?.context}/${build?.dockerfile}`, "utf8")).toContain("FROM node:");
  }
});

// The chat refuses none that it does not know; so a wrong value shows whether it knows the variable.
function isKnown(variable: string): boolean {
  return ["", "\u0000", "x".repeat(5_000)].some((value) => {
    try {
      readConfig({ [variable]: value });
      return false;
    } catch {
      return true;
    }
  });
}

test("compose.yaml asks for the passwords, and has none", async () => {
  await expect(services({})).rejects.toThrow(/is missing/);
});

test("compose.yaml looks whether Redis and Postgres are well, at Postgres where the nodes come in", async () => {
  const { redis, postgres } = await services(shell);
  for (const service of [redis, postgres]) expect(service?.healthcheck?.test.length).toBeGreaterThan(1);
  // On its socket, one answers too that only makes the database at the first start.
  expect(postgres?.healthcheck?.test.join(" ")).toContain("pg_isready -h 127.0.0.1");
});

test("haproxy takes its configuration with the addresses of compose.yaml, and needs every one of them", async () => {
  const { proxy } = await services(shell);
  const check = (environment: Readonly<Record<string, string>>) =>
    spawnSync(systemProgram("haproxy"), ["-c", "-f", `${folder}haproxy.cfg`], {
      env: { PATH: process.env["PATH"], ...environment },
      encoding: "utf8",
    });
  expect(proxy?.volumes?.[0]).toMatch(/^\.\/haproxy\.cfg:/);
  const taken = check(proxy?.environment ?? {});
  expect([taken.status, taken.stderr.includes("ALERT")], taken.stderr).toEqual([0, false]);
  const { CHAT_NODE_3: _, ...withoutOne } = proxy?.environment ?? {};
  expect(check(withoutOne).status).not.toBe(0);
});
