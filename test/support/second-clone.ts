import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linkFiles, makeFolders, projectRoot, sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { installedToolchain, type Sandbox } from "../../lab/sandbox/index.ts";
import { childEnvironment, sandboxVariables } from "../../lab/sandbox/pulumi/environment.ts";
import { makePassphrase, makePulumiHome, syncProject } from "../../lab/sandbox/pulumi/project.ts";
import { writeShims } from "../../lab/sandbox/pulumi/shim.ts";
import { initStacks } from "../../lab/sandbox/pulumi/state.ts";
import { outputOf as run } from "../../system/processes.ts";
import { templateKeys } from "./template.ts";

export interface SecondClone {
  /** The sandbox's cluster, with this clone's project and a state of its own. */
  readonly sandbox: Sandbox;
  readonly folder: string;
  /** Makes an empty commit, dated as given; answers its hash. */
  commit(date: string): Promise<string>;
  remove(): Promise<void>;
}

/** A clone of what is committed here, on the same machine but with a Pulumi state of its own. */
export async function secondClone(sandbox: Sandbox): Promise<SecondClone> {
  const base = await mkdtemp(join(tmpdir(), "vllm-platform-clone-"));
  const folder = join(base, "clone");
  await run("git", ["clone", "--quiet", projectRoot, folder]);
  await symlink(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  const paths = sandboxPaths(join(base, "world"));
  const toolchain = installedToolchain();
  await makeFolders(paths);
  await linkFiles(paths, folder);
  await makePassphrase(paths);
  await makePulumiHome(paths, toolchain.plugins);
  await syncProject(paths, folder);
  await writeShims(paths, join(toolchain.bin, "pulumi"), folder);
  const own = sandboxVariables(paths, toolchain);
  const cluster = { KUBECONFIG: sandbox.kubeconfig, VLLM_PLATFORM_KUBECONFIG: sandbox.kubeconfig };
  const environment = childEnvironment({ ...own, ...cluster });
  await initStacks(paths, { pulumi: join(toolchain.bin, "pulumi"), env: environment }, templateKeys());
  return {
    folder,
    sandbox: { ...sandbox, kubeconfig: sandbox.kubeconfig, url: sandbox.url, environment: () => environment },
    async commit(date) {
      const identity = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org"];
      await run("git", ["-C", folder, ...identity, "commit", "--quiet", "--allow-empty", "-m", "Nothing"], {
        env: { ...process.env, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date },
      });
      return (await run("git", ["-C", folder, "rev-parse", "HEAD"])).trim();
    },
    remove: () => rm(base, { recursive: true, force: true }),
  };
}
