/**
 * `npm test`: type check, lint and unit tests first, because they need nothing; then the toolchain; then what runs on
 * the real engine, up to three files at a time. `npm test -- <part>` runs one part alone; `npm test -- all` runs them all, those
 * too that bring faults about, which take as long again; `node` alone is run by its name only. `npm test -- <file>…` runs these files, one after the other.
 */
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { faultsOfImports, faultsOfPackages, readImports, unexplained } from "../lab/house/imports.ts";
import { removeAbandonedSandboxes } from "../lab/sandbox/temporary.ts";
import { createProgress } from "../lab/toolchain/base/progress.ts";
import { cacheFolder, ensureToolchain } from "../lab/toolchain/index.ts";
import { Ended, UserError } from "../system/errors.ts";
import { CommandFailed, run } from "../system/processes.ts";
import { inWords, newCommand } from "../system/terminal/command-line.ts";
import { type Outcome, runMocha } from "./support/mocha.ts";
import { withTemplate } from "./support/with-template.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const parts = ["check", "unit", "engine", "faults", "node"] as const;
type PartOfTests = (typeof parts)[number];
const unlessAsked: readonly PartOfTests[] = ["check", "unit", "engine"];
/** What no run of all brings, since its parts of the toolchain take minutes to build, and root is needed. */
const onlyByName: readonly PartOfTests[] = ["node"];

/** Files at once: one more than a small machine has processors, since each of them waits a tenth of its time. */
const atOnce = Math.min(3, availableParallelism() + 1);
const abort = new AbortController();
const total = { passed: 0, failed: 0, skipped: 0 };
/** Repeated at the end, since what a run prints may be kept in part only. */
const failures: { name: string; lines: readonly string[] }[] = [];
const times: { name: string; seconds: number }[] = [];

function add(name: string, outcome: Outcome): void {
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  total.skipped += outcome.skipped;
  if (outcome.failed > 0) {
    failures.push({ name, lines: outcome.failures });
  }
}

async function timed<T>(name: string, part: () => Promise<T>): Promise<T> {
  const began = Date.now();
  try {
    return await part();
  } finally {
    times.push({ name, seconds: Math.round((Date.now() - began) / 1000) });
  }
}

const show = (line: string): void => console.log(line);
const heading = (name: string): void => console.log(`\n== ${name}`);

/** A check without test cases counts as one. */
async function check(name: string, command: string, ...args: string[]): Promise<void> {
  heading(name);
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
    show(line);
  };
  // The linter would make its folder for caches in the home folder.
  const env = { ...process.env, XDG_CACHE_HOME: join(root, "node_modules", ".cache") };
  const options = { cwd: root, env, onLine, signal: abort.signal };
  const passed = await timed(name, () => run(command, args, options)).then(
    () => true,
    (error: unknown) => {
      if (error instanceof CommandFailed) return false;
      throw error;
    },
  );
  add(name, { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0, failures: lines });
}

function checkImports(): void {
  heading("imports");
  const imports = readImports(root);
  const faults = [
    ...faultsOfImports(imports),
    ...faultsOfPackages(root, imports),
    ...unexplained(root, imports),
  ];
  for (const fault of faults) show(fault);
  add("imports", {
    passed: 1 - Math.sign(faults.length),
    failed: Math.sign(faults.length),
    skipped: 0,
    failures: faults,
  });
}

const filesOf = (pattern: string): string[] => globSync(pattern, { cwd: root }).sort();

interface Job {
  readonly name: string;
  readonly files: readonly string[];
}

const eachAlone = (pattern: string): Job[] =>
  filesOf(pattern)
    .filter((name) => !shared.files.includes(name))
    .map((name) => ({ name, files: [name] }));

/** Short files that share a sandbox, each going on in the mode that the one before has left; the last one stops it. */
const shared: Job = {
  name: "files that share a sandbox",
  files: ["kubernetes-plugin", "render", "clients", "smoke", "leftovers", "api-key", "gates"].map(
    (name) => `test/engine/${name}.test.ts`,
  ),
};

/** Short files, and none has a sandbox. */
const conformance = (): Job => ({
  name: "conformance of the stand-ins",
  files: filesOf("test/conformance/**/*.test.ts"),
});

/**
 * Tests on the real engine wait more than they compute, and each file has a sandbox of its own. What a job prints is
 * shown in one piece when it has ended.
 */
async function side(jobs: Job[]): Promise<void> {
  const waiting = longestFirst(jobs);
  const worker = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const { name, files } = job;
      console.log(`begins: ${name}`);
      const lines: string[] = [];
      try {
        const options = { onLine: (line: string) => void lines.push(line), signal: abort.signal };
        add(name, await timed(name, () => runMocha(files, options)));
      } finally {
        heading(name);
        for (const line of lines) show(line);
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  // Not before the last one has ended, since its sandbox is in use until then.
  for (const end of ends) {
    if (end.status === "rejected") throw end.reason;
  }
}

/** What the last run took, so that no long job is left over for the end. A job that is new comes first. */
const secondsFile = () => join(cacheFolder(), "test-seconds.json");

function longestFirst(jobs: readonly Job[]): Job[] {
  const seconds = knownSeconds();
  const of = ({ name }: Job): number => seconds[name] ?? Number.MAX_SAFE_INTEGER;
  return [...jobs].sort((a, b) => of(b) - of(a));
}

function knownSeconds(): Record<string, number> {
  try {
    return JSON.parse(readFileSync(secondsFile(), "utf8")) as Record<string, number>;
  } catch {
    return {};
  }
}

function rememberSeconds(): void {
  const taken = Object.fromEntries(times.map(({ name, seconds }) => [name, seconds]));
  try {
    mkdirSync(cacheFolder(), { recursive: true });
    writeFileSync(secondsFile(), JSON.stringify({ ...knownSeconds(), ...taken }));
  } catch {
    // only the order of the next run depends on it
  }
}

/** What the engine's tests need, and afterwards gone what one that was stopped in the midst has not removed. */
async function withEngine(run: () => Promise<void>): Promise<void> {
  heading("toolchain");
  await timed("toolchain", () => ensureToolchain({ progress: createProgress(), signal: abort.signal }));
  await removeAbandonedSandboxes();
  try {
    await run();
  } finally {
    await removeAbandonedSandboxes();
  }
}

async function runFiles(files: readonly string[], grep: string | undefined): Promise<void> {
  const all = async (): Promise<void> => {
    for (const file of files) {
      heading(file);
      const options = { onLine: show, signal: abort.signal, grep };
      add(file, await timed(file, () => runMocha([file], options)));
    }
  };
  const onEngine = files.some((file) => /^test\/(engine|faults|conformance|node)\//.test(file));
  await (onEngine ? withEngine(all) : all());
}

async function runParts(chosen: readonly PartOfTests[]): Promise<void> {
  const wanted = (part: PartOfTests): boolean => chosen.includes(part);
  if (wanted("check")) {
    await check("type check", "tsc", "--noEmit");
    await check("lint", "biome", "check", "--error-on-warnings", ".");
    checkImports();
  }
  if (wanted("unit")) {
    const name = "unit tests";
    heading(name);
    // Some wait for programs that they start. The folders with the longest files come last by name.
    const options = { onLine: show, signal: abort.signal, jobs: atOnce };
    const files = filesOf("test/{unit,server}/**/*.test.ts").reverse();
    add(name, await timed(name, () => runMocha(files, options)));
  }
  const jobs = [
    ...(wanted("engine") ? [conformance(), shared, ...eachAlone("test/engine/**/*.test.ts")] : []),
    ...(wanted("faults") ? eachAlone("test/faults/**/*.test.ts") : []),
    ...(wanted("node") ? eachAlone("test/node/**/*.test.ts") : []),
  ];
  if (jobs.length > 0) {
    await withEngine(async () => {
      heading("tests on the real engine");
      await withTemplate(() => side(jobs));
    });
    rememberSeconds();
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => abort.abort(new UserError("Stopped.")));
}
const command = newCommand(
  "npm test --",
  `Runs ${unlessAsked.join(", ")}: type check and lint, unit tests, and tests on the real engine. The part faults brings about kills in every phase, races, lost state and damage there; node, which is run by its name alone, has pods run by a real kubelet.`,
)
  .argument("[what...]", `one part (${parts.join(", ")}), all of them but node (all), or test files`)
  .option("-g, --grep <text>", "of test files: only the tests with this in their titles")
  .action(main);

async function main(what: string[], { grep }: { grep?: string }): Promise<void> {
  const began = Date.now();
  const work = workFor(what, grep); // what cannot be run is refused here
  try {
    await work();
  } catch (error) {
    console.error(error instanceof UserError ? error.message : error);
    total.failed += 1;
  }
  summarize(Math.round((Date.now() - began) / 1000));
}

/** The work that was asked for. @throws Ended where there is no such part or file */
function workFor(what: readonly string[], grep: string | undefined): () => Promise<void> {
  const [part] = what;
  if (part === undefined) {
    return () => runParts(unlessAsked);
  }
  const asked =
    part === "all" ? parts.filter((one) => !onlyByName.includes(one)) : parts.filter((one) => one === part);
  if (asked.length > 0 && what.length === 1) {
    return () => runParts(asked);
  }
  // npm runs this in the clone, wherever it was called.
  const files = what.map((file) => relative(root, resolve(process.env.INIT_CWD ?? ".", file)));
  const missing = files.filter((file) => !/^test\/.*\.test\.ts$/.test(file) || !existsSync(join(root, file)));
  if (missing.length > 0) {
    throw new Ended(
      "usage",
      `${missing.join(", ")}: no test file of this clone. Name files such as test/unit/lab/house/imports.test.ts, or one of ${[...parts, "all"].join(", ")}.`,
    );
  }
  return () => runFiles(files, grep);
}

function summarize(seconds: number): void {
  const whole = { name: "all", seconds };
  console.log(`\n${[...times, whole].map(({ name, seconds }) => `${name}: ${seconds} s`).join("\n")}`);
  for (const { name, lines } of failures) {
    heading(`failed: ${name}`);
    for (const line of lines) show(line);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

await inWords(() => command.parseAsync());
