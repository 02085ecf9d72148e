/** A real Ollama in a private network, with a tiny model under the name by which clients know the server's. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finish } from "../../system/processes.ts";
import type { PrivateNetwork, Program } from "../network/network.ts";
import { findToolchain } from "../toolchain/index.ts";
import { tinyModel } from "./tiny-model.ts";

export interface OllamaOptions {
  readonly network: PrivateNetwork;
  readonly executable: string;
  readonly port: number;
  /** The model's name there. */
  readonly model: string;
}

/** Why there can be no Ollama here, if there cannot: it is only ever built. */
export async function whyNoOllama(): Promise<string | undefined> {
  if (findToolchain(["ollama"]) !== undefined) return undefined;
  for (const [command, argument] of [
    ["go", "version"],
    ["gcc", "--version"],
    ["g++", "--version"],
  ] as const) {
    const there = await finish(command, [argument]).catch(() => undefined);
    if (there === undefined) return `Ollama has to be built, and the command ${command} is missing`;
  }
  return undefined;
}

/** As `ollama create` is told at home, but for the answer's length: this model never ends by itself. */
const modelfile = (file: string): string => `FROM ${file}
PARAMETER num_ctx 2048
PARAMETER num_predict 16
PARAMETER temperature 0
TEMPLATE """{{ .Prompt }}"""
`;

/** Ready once the model is there; nothing is loaded yet. */
export async function startOllama({ network, executable, port, model }: OllamaOptions): Promise<Program> {
  const home = join(network.folder, "ollama");
  await mkdir(home, { recursive: true });
  const file = join(home, "tiny.gguf");
  await writeFile(file, tinyModel());
  await writeFile(join(home, "Modelfile"), modelfile(file));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    OLLAMA_HOST: `0.0.0.0:${port}`,
    OLLAMA_MODELS: join(home, "models"),
    OLLAMA_KEEP_ALIVE: "-1",
  };
  const server = await network.start(executable, ["serve"], { env, ready: /Listening on/ });
  await network.start(executable, ["create", model, "-f", join(home, "Modelfile")], {
    env: { ...env, OLLAMA_HOST: `127.0.0.1:${port}` },
    ready: /success/,
  });
  return server;
}
