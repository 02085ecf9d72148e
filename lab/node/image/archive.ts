/** Images as `docker save` writes them: nothing is pulled, and no registry is needed. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { create } from "tar";
import { fillLayer } from "./layer.ts";

export interface Image {
  /** With its registry and its tag, as containerd has it. */
  readonly name: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Writes all images, which are one layer with several configurations, into a file. */
export async function writeImages(file: string, images: readonly Image[]): Promise<void> {
  const work = `${file}.unfinished`;
  await rm(work, { recursive: true, force: true });
  const [root, archive] = [join(work, "root"), join(work, "archive")];
  await mkdir(root, { recursive: true });
  await mkdir(archive);
  await fillLayer(root);
  const layer = join(archive, "layer.tar");
  await create({ file: layer, cwd: root, portable: true, noMtime: true }, ["."]);
  const sum = await sha256(layer);
  const manifest = [];
  for (const [index, image] of images.entries()) {
    const Config = `config-${index}.json`;
    manifest.push({ Config, RepoTags: [image.name], Layers: ["layer.tar"] });
    await writeFile(join(archive, Config), JSON.stringify(configOf(image, sum)));
  }
  await writeFile(join(archive, "manifest.json"), JSON.stringify(manifest));
  const whole = join(work, "images.tar");
  await create({ file: whole, cwd: archive, portable: true, noMtime: true }, ["."]);
  await rename(whole, file);
  await rm(work, { recursive: true });
}

function configOf({ entrypoint, env }: Image, layer: string): object {
  const variables = Object.entries({ PATH: "/usr/bin", ...env }).map(([name, value]) => `${name}=${value}`);
  return {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: { Entrypoint: entrypoint, Env: variables },
    rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
  };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
