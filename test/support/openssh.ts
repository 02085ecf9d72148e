import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { folderInCache } from "../../lab/toolchain/base/cache.ts";
import { outputOf as run } from "../../system/processes.ts";

/** OpenSSH's server: where its files lie below a folder; `/` where it is installed. */
export interface OpenSsh {
  readonly folder: string;
}

const server = "usr/sbin/sshd";

/** There is no OpenSSH here and no way to get it; the message says why. */
export class NoOpenSsh extends Error {}

/**
 * OpenSSH's server. Where it is not installed, Debian's package is unpacked into the cache, with the libraries that are missing,
 * and nothing is installed. The package manager checks its signature.
 * @throws NoOpenSsh on a system without Debian's tools.
 */
export async function openSsh(): Promise<OpenSsh> {
  if (existsSync(join("/", server))) return { folder: "/" };
  const folder = await folderInCache("openssh");
  if (existsSync(join(folder, server))) return { folder };
  if (!["apt-get", "dpkg"].every((tool) => existsSync(join("/usr/bin", tool)))) {
    throw new NoOpenSsh("/usr/sbin/sshd is not installed, and without apt-get and dpkg it cannot be fetched");
  }
  await unpackInto(folder);
  return { folder };
}

async function unpackInto(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const root = join(work, "root");
    for (const file of await download(work)) await run("dpkg", ["-x", file, root]);
    // Two test runs at once: the first one's is as good.
    await rename(root, folder).catch((error: unknown) => {
      if (!existsSync(join(folder, server))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Downloads with the lists that the system has, else with fresh ones of our own. Writes below the folder only. */
async function download(work: string): Promise<string[]> {
  const archives = join(work, "archives");
  const lists = join(work, "lists");
  for (const path of [archives, lists]) await mkdir(join(path, "partial"), { recursive: true });
  const options = [
    ...["-o", `Dir::Cache=${work}`, "-o", `Dir::Cache::archives=${archives}`],
    ...["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"],
  ];
  const ask = ["install", "--yes", "--download-only", "--no-install-recommends", "openssh-server"];
  await run("apt-get", [...options, ...ask]).catch(async () => {
    const own = [...options, "-o", `Dir::State::lists=${lists}`];
    await run("apt-get", [...own, "update"]);
    await run("apt-get", [...own, ...ask]);
  });
  const files = (await readdir(archives)).filter((name) => name.endsWith(".deb"));
  return files.map((name) => join(archives, name));
}
