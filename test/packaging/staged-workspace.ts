import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root, run } from "../gates/run-gate.ts";

/** The packages that are published, in the order in which they build. */
export const published = ["core", "client", "redis-layer"] as const;

/** A clean copy of the published packages, built and packed, and a folder in which a user has installed them. */
export interface StagedWorkspace {
  /** The tarball of a package, as it would be uploaded. */
  readonly tarballs: Readonly<Record<(typeof published)[number], string>>;
  /** A project outside the workspace with the tarballs in its `node_modules`. */
  readonly user: string;
  dispose(): void;
}

/**
 * Builds from a clean copy, so that neither old files in `dist` nor another test that builds can change the result.
 *
 * The user's project installs without the network: what the packages depend on comes from this workspace.
 */
export function stageWorkspace(): StagedWorkspace {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "solent-packaging-")));
  const workspace = join(folder, "workspace");
  const user = join(folder, "user");
  mkdirSync(user);
  copySources(workspace);
  must("tsc -b " + published.map((name) => `packages/${name}`).join(" "), workspace);
  const tarballs = Object.fromEntries(published.map((name) => [name, packOne(workspace, name, folder)]));
  install(user, Object.values(tarballs));
  return {
    tarballs: tarballs as StagedWorkspace["tarballs"],
    user,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function copySources(workspace: string): void {
  for (const file of ["package.json", "pnpm-workspace.yaml", "tsconfig.base.json", "LICENSE"]) {
    cpSync(join(root, file), join(workspace, file));
  }
  link(join(root, "node_modules"), join(workspace, "node_modules"));
  for (const name of published) {
    const from = join(root, "packages", name);
    cpSync(from, join(workspace, "packages", name), {
      recursive: true,
      filter: (path) => !/[\\/](node_modules|dist)$/.test(path),
    });
    const { dependencies = {}, devDependencies = {} } = manifestOf(from);
    for (const dependency of Object.keys({ ...dependencies, ...devDependencies })) {
      const own = dependency.startsWith("@solent/");
      const source = own ? join(workspace, "packages", dependency.slice(8)) : join(from, "node_modules", dependency);
      if (existsSync(source) || own) link(source, join(workspace, "packages", name, "node_modules", dependency));
    }
  }
}

/** pnpm packs, because it replaces the `catalog:` and `workspace:` versions. */
function packOne(workspace: string, name: string, into: string): string {
  const { packageManager } = manifestOf(root);
  const output = must(`npx -y ${packageManager} pack --pack-destination "${into}"`, join(workspace, "packages", name));
  const tarball = /^\S+\.tgz$/m.exec(output)?.[0];
  if (tarball === undefined) throw new Error(`pnpm pack named no tarball: ${output}`);
  return tarball;
}

function install(user: string, tarballs: readonly string[]): void {
  const foreign = new Map<string, string>();
  for (const name of published) {
    const folder = join(root, "packages", name);
    const { dependencies = {}, peerDependencies = {} } = manifestOf(folder);
    collect(foreign, Object.keys({ ...dependencies, ...peerDependencies }), join(folder, "node_modules"));
  }
  must("npm init -y", user);
  const paths = [...foreign.values(), ...tarballs].map((path) => `"${path}"`).join(" ");
  must(`npm install --offline --no-audit --no-fund --ignore-scripts ${paths}`, user);
}

/** Finds packages and all that they depend on, as this workspace has them. */
function collect(found: Map<string, string>, names: readonly string[], nodeModules: string): void {
  for (const name of names) {
    if (name.startsWith("@solent/") || found.has(name)) continue;
    const folder = realpathSync(join(nodeModules, name));
    found.set(name, folder);
    // pnpm keeps what a package depends on beside it.
    const beside = folder.slice(0, -name.length);
    collect(found, Object.keys(manifestOf(folder).dependencies ?? {}), beside);
  }
}

function manifestOf(folder: string) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    packageManager?: string;
    dependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  };
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}

function must(command: string, cwd: string): string {
  const { passed, output } = run(command, cwd);
  if (!passed) throw new Error(`${command} failed:\n${output}`);
  return output;
}
