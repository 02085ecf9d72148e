import { createWriteStream } from "node:fs";
import { chmod, copyFile, cp, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { CommandFailed, run } from "../../../system/processes.ts";
import { builtFolder, cacheFolder, goModules, partsFolder } from "../base/cache.ts";
import type { BuildRecipe, FilesRecipe, ModuleName, Part } from "../base/parts.ts";
import { goEnvironment, goFailure, requireGo } from "./go.ts";

export interface BuildOptions {
  signal?: AbortSignal;
  /** Called with what the go tool says last. */
  note?: (text: string) => void;
}

interface Step {
  /** The Go module's folder. */
  module: string;
  /** Empty folder for what is being made. */
  into: string;
  go(args: readonly string[], cwd: string, cgo?: true): Promise<string[]>;
}

/**
 * Builds parts of one Go module together, so that one part is linked while another is compiled. Each lies in the
 * cache only when it is complete.
 * @throws UserError naming what failed and the way out; what the go tool said then lies in the cache's `logs`.
 */
export async function buildParts(parts: readonly Part[], options: BuildOptions = {}): Promise<void> {
  const [first] = parts;
  if (first === undefined) {
    return;
  }
  const { signal, note } = options;
  const module = join(goModules, first.module);
  await requireGo(first, module, signal);
  const into = join(partsFolder(), `${first.module}.unfinished-${process.pid}`);
  const logFile = join(cacheFolder(), "logs", `${first.module}.log`);
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  await mkdir(join(cacheFolder(), "logs"), { recursive: true });
  const log = createWriteStream(logFile).on("error", () => {
    // A full disk shows in the build itself; the log is a comfort.
  });
  const onLine = (line: string) => {
    log.write(`${line}\n`);
    note?.(line.slice(0, 60));
  };
  const go = (args: readonly string[], cwd: string, cgo?: true) =>
    run("go", args, { env: goEnvironment(cgo), onLine, cwd, ...(signal === undefined ? {} : { signal }) });
  try {
    await make(parts, { module, into, go });
    for (const part of parts) {
      await rename(join(into, part.name), builtFolder(part));
    }
  } catch (error) {
    throw error instanceof CommandFailed ? goFailure(parts, error, logFile) : error;
  } finally {
    log.end();
    await rm(into, { recursive: true, force: true });
  }
}

/**
 * Downloads what a module will need, for the time when its turn comes. Never fails: the build itself tells what is
 * wrong.
 */
export async function fetchModules(module: ModuleName, signal: AbortSignal): Promise<void> {
  await run("go", ["mod", "download"], { env: goEnvironment(), cwd: join(goModules, module), signal }).catch(
    () => undefined,
  );
}

/** Leaves a folder named after each part in `into`. */
async function make(parts: readonly Part[], step: Step): Promise<void> {
  const toBuild: { part: Part; recipe: BuildRecipe }[] = [];
  for (const part of parts) {
    await mkdir(join(step.into, part.name));
    if (part.recipe.kind === "files") {
      await copyFiles(part, part.recipe, step);
    } else {
      toBuild.push({ part, recipe: part.recipe });
    }
  }
  // `go build` with several packages names the results after them; where that fits, one call builds all.
  const targets = toBuild.flatMap(({ recipe }) => Object.entries(recipe.executables));
  const [first] = toBuild;
  if (
    first !== undefined &&
    targets.length > 1 &&
    targets.every(([file, target]) => basename(target) === file)
  ) {
    const together = join(step.into, "together");
    await mkdir(together);
    await compile(
      first.recipe,
      `${together}/`,
      targets.map(([, target]) => target),
      step.module,
      step,
    );
    for (const { part, recipe } of toBuild) {
      for (const file of Object.keys(recipe.executables)) {
        await rename(join(together, file), join(step.into, part.name, file));
      }
    }
    return;
  }
  for (const { part, recipe } of toBuild) {
    const source = await sourceOf(recipe, step);
    for (const [file, target] of Object.entries(recipe.executables)) {
      await compile(recipe, join(step.into, part.name, file), [target], source, step);
    }
  }
}

function compile(
  recipe: BuildRecipe,
  output: string,
  targets: readonly string[],
  source: string,
  step: Step,
) {
  const variables = Object.entries(recipe.variables).map(([name, value]) => `-X ${name}=${value}`);
  // Nobody debugs these: without symbols and DWARF they are half the size and quicker to build.
  const flags = [
    "-trimpath",
    "-pgo=off",
    "-gcflags=all=-dwarf=false",
    ...(recipe.tags === undefined ? [] : [`-tags=${recipe.tags.join(",")}`]),
    "-ldflags",
    ["-s -w", ...variables].join(" "),
  ];
  return step.go(["build", ...flags, "-o", output, ...targets], source, recipe.cgo);
}

/** Where to build: the committed module, or a copy of it with what is laid beside it, so that the checkout stays as it is. */
async function sourceOf({ embed, replace }: BuildRecipe, step: Step): Promise<string> {
  if (embed === undefined && replace === undefined) {
    return step.module;
  }
  const source = join(step.into, "source");
  await cp(step.module, source, { recursive: true });
  if (embed !== undefined) {
    const folder = await downloaded(embed.module, step);
    for (const file of embed.files) {
      await copyWritable(join(folder, embed.folder, file), join(source, file));
    }
  }
  if (replace !== undefined) {
    const { module, folder } = replace;
    await copyWritable(await downloaded(module, step), join(source, folder));
    await cp(join(step.module, folder), join(source, folder), { recursive: true });
    await step.go(["mod", "edit", `-replace=${module}=./${folder}`], source);
  }
  return source;
}

async function copyFiles(part: Part, { source, path }: FilesRecipe, step: Step): Promise<void> {
  await copyWritable(join(await downloaded(source, step), path), join(step.into, part.name, part.name));
}

/** Folder of a module; go.sum is asked whether it is the right one. */
async function downloaded(module: string, step: Step): Promise<string> {
  const answer = (await step.go(["mod", "download", "-json", module], step.module)).join("\n");
  return (JSON.parse(answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1)) as { Dir: string }).Dir;
}

/** Go's module cache is read-only; what we lay elsewhere is not. */
async function copyWritable(from: string, to: string): Promise<void> {
  if (!(await stat(from)).isDirectory()) {
    await copyFile(from, to);
    await chmod(to, 0o644);
    return;
  }
  await mkdir(to, { recursive: true });
  for (const name of await readdir(from)) {
    await copyWritable(join(from, name), join(to, name));
  }
}
