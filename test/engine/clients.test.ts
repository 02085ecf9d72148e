// Does NOT prove that vLLM or Ollama answers so: the sandbox's stub and a server of this file's own stand for them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { clientAnswer } from "../../stacks/clients/index.ts";
import { planFromFiles } from "../../stacks/index.ts";
import { type Finished, finish } from "../../system/processes.ts";
import { up } from "../support/pulumi.ts";
import { sharedSandbox } from "../support/shared-sandbox.ts";

/** A Python; one with the package `openai` runs that SDK's programs, too. */
const python = process.env.VLLM_PLATFORM_PYTHON || "python3";

interface Program {
  readonly name: string;
  readonly language: string;
  readonly text: string;
}

/** The code blocks of a page, by the heading above them. */
function blocksOf(page: string): Program[] {
  const text = readFileSync(join(projectRoot, page), "utf8");
  return text.split(/^## /m).flatMap((section) => {
    const [heading = ""] = section.split("\n");
    return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = "", block = ""]) => ({
      name: `${page}, ${heading}`,
      language,
      text: block,
    }));
  });
}

/** What `gpu-mode clients openai` prints. */
function printed(): Program[] {
  const plan = planFromFiles(projectRoot, "ml");
  return clientAnswer(plan, "openai").texts.map(({ title, file, text }) => ({
    name: `gpu-mode clients openai, ${title}`,
    language: file.endsWith(".py") ? "python" : "bash",
    text,
  }));
}

describe("clients", function () {
  this.timeout(240_000);
  const programs = [...blocksOf("docs/clients.md"), ...printed()];
  let sandbox: Sandbox;
  let ollama: Server;
  let keys: unknown[];

  before(async () => {
    ollama = createServer((request, response) => {
      keys.push(request.headers.authorization);
      request.resume().on("end", () => {
        const message = { role: "assistant", content: "Hello from the CPU." };
        const choices = [{ index: 0, message, finish_reason: "stop" }];
        const answer = { id: "1", object: "chat.completion", created: 0, model: "llama3.2:1b", choices };
        response.setHeader("content-type", "application/json");
        response.writeHead(request.url === "/v1/chat/completions" ? 200 : 404).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((listening) => ollama.listen(0, "127.0.0.1", listening));
    sandbox = await sharedSandbox();
  });

  beforeEach(() => {
    keys = [];
  });

  after(() => ollama?.close());

  function run({ language, text }: Program): Promise<Finished> {
    const { port } = ollama.address() as AddressInfo;
    const input = text
      .replaceAll(/http:\/\/vllm-api[^/"' ]+/g, sandbox.url.replace(/\/$/, ""))
      .replaceAll(/https:\/\/vllm\.home[^/"' ]+/g, sandbox.url.replace(/\/$/, ""))
      .replaceAll(/http:\/\/ollama[^/"' ]+/g, `http://127.0.0.1:${port}`);
    return language === "bash" ? finish("bash", ["-s"], { input }) : finish(python, ["-"], { input });
  }

  it("are told of by programs for a shell and for Python", () => {
    assert.deepEqual(programs.map(({ language }) => language).sort(), [
      "bash",
      "bash",
      "python",
      "python",
      "python",
    ]);
  });

  for (const [mode, answers] of [
    ["ml", "the GPU"],
    ["gaming", "the CPU"],
  ] as const) {
    describe(`in mode ${mode}`, () => {
      before(() => up(sandbox, mode));

      for (const program of programs) {
        it(`are answered by ${answers}: ${program.name}`, async function () {
          if (program.text.includes("openai") && !(await hasOpenAi())) {
            console.log(`      ${python} has no package openai; VLLM_PLATFORM_PYTHON names one that has`);
            this.skip();
          }
          const { status, stdout, stderr } = await run(program);
          if (program.language === "bash") {
            assert.match(stdout, mode === "ml" ? /^200\n/ : /^(?!200)\d{3}\n/, stderr);
            assert.equal(/"role": ?"assistant"/.test(stdout), mode === "ml", stdout);
            return;
          }
          assert.equal(status, 0, stderr);
          assert.match(stdout, mode === "ml" ? /^default / : /^llama3\.2:1b Hello from the CPU\.$/m);
          if (mode === "gaming") assert.ok(keys.length > 0);
        });
      }
    });
  }
});

async function hasOpenAi(): Promise<boolean> {
  return (await finish(python, ["-c", "import openai"])).status === 0;
}
