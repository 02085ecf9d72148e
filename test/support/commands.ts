// The sandbox's commands, run in processes of their own on a sandbox of a test's own.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { projectRoot, type SandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { runningProcesses } from "../../lab/sandbox/base/processes.ts";
import { begin, type Ended, type Running } from "./running.ts";
import { eventually } from "./sandbox.ts";

/** What each mode with a server serves. */
export const models: Readonly<Record<string, string>> = {
  ml: "Qwen/Qwen2.5-7B-Instruct-AWQ",
  r1: "casperhansen/deepseek-r1-distill-qwen-7b-awq",
};

export class Commands {
  readonly paths: SandboxPaths;

  constructor(paths: SandboxPaths) {
    this.paths = paths;
  }

  begin(script: string, ...args: string[]): Running {
    const file = join(projectRoot, "lab/sandbox/commands", script);
    return begin(process.execPath, [file, ...args], {
      env: { ...process.env, VLLM_PLATFORM_SANDBOX: this.paths.dir },
      cwd: projectRoot,
      stdin: "pipe",
    });
  }

  run(script: string, ...args: string[]): Promise<Ended> {
    return this.begin(script, ...args).ended;
  }

  async start(mode: string): Promise<Ended> {
    const ended = await this.run("start.ts", mode);
    assert.equal(ended.code, 0, `${ended.stdout}\n${ended.stderr}`);
    return ended;
  }

  async url(): Promise<string> {
    const ports = JSON.parse(await readFile(this.paths.ports, "utf8")) as { url: number };
    return `http://127.0.0.1:${ports.url}`;
  }

  async served(): Promise<string[]> {
    const response = await fetch(`${await this.url()}/v1/models`);
    assert.equal(response.status, 200);
    return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
  }

  /** What a run has started ends with it; only the sandbox itself, which is meant to stay, runs on. */
  async nothingLeft(): Promise<void> {
    await eventually(30, async () => {
      const meant = new Set((await runningProcesses(this.paths)).map(({ pid }) => pid));
      const left = this.processes().filter((pid) => !meant.has(pid));
      assert.deepEqual(left, []);
      return true;
    });
  }

  /** Processes whose environment names this sandbox, other than this one. */
  processes(): number[] {
    return readdirSync("/proc").flatMap((entry) => {
      if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return [];
      try {
        const variables = readFileSync(`/proc/${entry}/environ`, "utf8").split("\0");
        return variables.includes(`VLLM_PLATFORM_SANDBOX=${this.paths.dir}`) ? [Number(entry)] : [];
      } catch {
        return [];
      }
    });
  }
}
