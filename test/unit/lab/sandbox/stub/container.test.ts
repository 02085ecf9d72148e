// Does not prove that it runs in a container; test/node has one.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type Behaviour, behaviourFile } from "../../../../../lab/sandbox/stub/container.ts";
import { freePort } from "../../../../support/free-port.ts";

const program = fileURLToPath(new URL("../../../../../lab/sandbox/stub/container.ts", import.meta.url));

describe("the stub in a container", () => {
  let models: string;
  let port: number;
  let server: ChildProcess;
  beforeEach(async () => {
    models = mkdtempSync(join(tmpdir(), "models-"));
    port = await freePort();
  });
  afterEach(() => {
    server.kill("SIGKILL");
    rmSync(models, { recursive: true });
  });

  const behave = (behaviour: Behaviour): void =>
    writeFileSync(join(models, behaviourFile), JSON.stringify(behaviour));
  const start = (...more: string[]): void => {
    const names = ["--model", "a/model", "--served-model-name", "a/model", "default"];
    const args = [...names, "--port", String(port), ...more];
    const env = { ...process.env, HF_HOME: models, VLLM_PLATFORM_STUB_VERSION: "0.8.5.post1" };
    server = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  };
  const listening = async (): Promise<void> => {
    for await (const text of server.stdout ?? []) if (String(text).includes("running on")) return;
  };
  const ask = (path: string, seconds = 5): Promise<number | "no answer"> =>
    fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(seconds * 1000) }).then(
      ({ status }) => status,
      () => "no answer",
    );

  it("serves once it has loaded, and does what the file says from then on", async () => {
    behave({ loadSeconds: 0.1 });
    start();
    await listening();
    assert.equal(await ask("/health"), 200);
    assert.equal(await ask("/v1/models"), 200);
    behave({ fault: "503" });
    assert.equal(await ask("/health"), 503);
    behave({ fault: "stuck" });
    assert.equal(await ask("/health"), 200);
    assert.equal(await ask("/v1/models", 0.5), "no answer");
    behave({ fault: "hang" });
    assert.equal(await ask("/health", 0.5), "no answer");
    behave({});
    assert.equal(await ask("/health"), 200);
  });

  it("ends with the words and the status that it is told, in place of serving", async () => {
    behave({ loadSeconds: 0, says: "RuntimeError: why", endsWith: 3 });
    start();
    const said = text(server.stderr ?? assert.fail());
    assert.deepEqual(await once(server, "exit"), [3, null]);
    assert.equal(await said, "RuntimeError: why\n");
  });

  it("refuses a value that vLLM's parser does, as that does", async () => {
    start("--seed", "many");
    const said = text(server.stderr ?? assert.fail());
    assert.deepEqual(await once(server, "exit"), [2, null]);
    assert.match(await said, /^api_server\.py: error: argument --seed: invalid int value: 'many'$/m);
  });
});
