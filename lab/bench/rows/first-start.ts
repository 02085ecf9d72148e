import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../system/errors.ts";
import { finish } from "../../../system/processes.ts";
import { Newcomer } from "../runs/newcomer.ts";
import { runNpm } from "../runs/npm-run.ts";
import type { Measure, MeasuredRow, RowContext } from "./row.ts";

/** What is promised of a first start where only package registries can be reached, on two cores. */
const promisedSeconds = 15 * 60;

/** `npm start` in a fresh clone with empty caches of its own: npm's, Go's and the toolchain's. */
export const firstStart: MeasuredRow = {
  name: "first-start",
  title: "npm start in a fresh clone of what is committed, from empty caches",
  usual: 900,
  async run(context) {
    const newcomer = await Newcomer.arrive();
    try {
      return await measure(newcomer, context);
    } finally {
      await newcomer.leave();
    }
  },
};

async function measure(newcomer: Newcomer, context: RowContext): Promise<Measure[]> {
  const cwd = await newcomer.clone("clone");
  const cache = join(newcomer.folder, "cache");
  const env = newcomer.environment({
    VLLM_PLATFORM_CACHE: cache,
    npm_config_cache: join(newcomer.folder, "npm"),
    // Where Go finds the user's own settings, such as a module proxy; the home folder is a new one.
    ...(await goSettings()),
  });
  try {
    const { lines, seconds } = await runNpm(context, ["start"], { cwd, env });
    const url = lines.map((line) => /^URL: (\S+) /.exec(line)?.[1]).find((found) => found !== undefined);
    if (url === undefined) throw new UserError("The first start printed no URL.");
    const answer = await fetch(`${url}/v1/models`);
    if (answer.status !== 200) throw new UserError(`${url} answered ${answer.status} after the first start.`);
    return [
      { name: "whole", value: Math.round(seconds), unit: "s", target: promisedSeconds },
      { name: "cache afterwards", value: await megabytesOf(cache), unit: "MB" },
      { name: "packages", value: await megabytesOf(join(cwd, "node_modules")), unit: "MB" },
    ];
  } finally {
    if (existsSync(cache)) await finish("npm", ["run", "clean", "--", "--cache"], { cwd, env });
  }
}

async function goSettings(): Promise<Record<string, string>> {
  const { status, stdout } = await finish("go", ["env", "GOENV"]);
  return status === 0 ? { GOENV: stdout.trim() } : {};
}

async function megabytesOf(folder: string): Promise<number> {
  const { stdout } = await finish("du", ["-sk", folder]);
  return Math.round((Number(/^\d+/.exec(stdout)?.[0]) * 1024) / 1e6);
}
