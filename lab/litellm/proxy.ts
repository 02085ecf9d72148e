/** Starts a LiteLLM with the configuration that is printed for mode ml, before two addresses of this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clientAnswer } from "../../stacks/clients/index.ts";
import { litellmVersion } from "../../stacks/clients/litellm.ts";
import { planFromFiles } from "../../stacks/index.ts";
import { installPackages, programIn } from "../python-packages.ts";
import { projectRoot } from "../sandbox/base/paths.ts";
import type { Progress } from "../toolchain/base/progress.ts";
import { folderInCache } from "../toolchain/index.ts";
import { answering } from "./drill.ts";

export const ports = { proxy: 18_200, gpu: 18_201, cpu: 18_202 } as const;

const requirements = join(import.meta.dirname, "requirements.txt");

/** The Python that LiteLLM is installed with unless another is named. */
export const usualPython = "python3.11";

export interface LiteLlm {
  readonly url: string;
  readonly key: string;
  readonly process: ChildProcess;
  close(): Promise<void>;
}

/** Installs it where it is missing. It ends with this process. @throws UserError with what pip or Python says */
export async function startLiteLlm(python: string, progress: Progress): Promise<LiteLlm> {
  const folder = await folderInCache("litellm", litellmVersion);
  await installPackages({ title: "LiteLLM", requirements, folder, python, usual: 60 }, progress);
  const work = await mkdtemp(join(tmpdir(), "litellm-"));
  const config = join(work, "config.yaml");
  await writeFile(config, configuration());
  const key = "sk-drill";
  const args = ["--config", config, "--host", "127.0.0.1", "--port", String(ports.proxy)];
  const proxy = spawn(programIn(folder, "litellm"), args, {
    stdio: "ignore",
    cwd: work,
    env: {
      PATH: process.env.PATH,
      HOME: work,
      LITELLM_MASTER_KEY: key,
      LITELLM_LOCAL_MODEL_COST_MAP: "True",
    },
  });
  const kill = (): void => void proxy.kill("SIGKILL");
  process.once("exit", kill);
  const close = async (): Promise<void> => {
    kill();
    process.off("exit", kill);
    await rm(work, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${ports.proxy}`;
  try {
    await progress.step("Starting LiteLLM", { usual: 10 }, () => answering(`${url}/health/liveliness`));
  } catch (error) {
    await close();
    throw error;
  }
  return { url, key, process: proxy, close };
}

/** Mode ml's configuration, with the ports of this machine. */
function configuration(): string {
  const { endpoints, texts } = clientAnswer(planFromFiles(projectRoot, "ml"), "litellm");
  return texts
    .map(({ text }) => text)
    .join("")
    .replaceAll(endpoints.inCluster, `http://127.0.0.1:${ports.gpu}/v1`)
    .replaceAll(endpoints.cpu.url, `http://127.0.0.1:${ports.cpu}`);
}
