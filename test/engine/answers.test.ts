// Does NOT prove what a proxy of a home network says: the answers are made up here, after what Traefik and k3s say.
import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { exitCodes } from "../../cli/exit-codes.ts";
import { type Front, frontOf, type Instead } from "../../lab/sandbox/front.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { switchPhases } from "../../operations/switch/phases.ts";
import { gpuModeEnds, isWholly, startGpuMode } from "../support/gpu-mode.ts";
import { pulumiOn, up } from "../support/pulumi.ts";
import { startedSandbox } from "../support/sandbox.ts";
import { versionsOf } from "../support/whole-mode.ts";

const notFound: Instead = { status: 404, body: "404 page not found\n" };
const ownJson: Instead = {
  status: 200,
  body: '{"object":"list","data":[]}',
  headers: { "content-type": "application/json" },
};

describe("what the cluster's address answers", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  let front: Front;

  before(async () => {
    sandbox = await startedSandbox();
    front = await frontOf(sandbox);
    await up(front.sandbox, "r1");
    await up(front.sandbox, "ml");
  });

  afterEach(() => {
    front.answer = () => undefined;
  });

  after(async () => {
    front?.close();
    await sandbox?.remove();
  });

  it("is known for the API server's own by the same mark in every kind of answer", async () => {
    const namespace = JSON.stringify({ metadata: { name: "ml" } });
    const asked: [method: string, path: string, status: number, body?: string][] = [
      ["GET", "/api/v1/namespaces/ml", 200],
      ["GET", "/version", 200],
      ["GET", "/api/v1/namespaces/ml/secrets/nothing", 404],
      ["GET", "/apis/nothing.example.org/v1/things", 404],
      ["GET", "/api/v1/namespaces/ml/pods/nothing/log", 404],
      ["POST", "/api/v1/namespaces", 409, namespace],
      ["POST", "/api/v1/namespaces", 400, "{"],
    ];
    for (const [method, path, status, body] of asked) {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${front.url}${path}`, { method, headers, ...(body ? { body } : {}) });
      await response.text();
      assert.deepEqual([response.status, response.headers.has("audit-id")], [status, true], path);
    }
  });

  for (const [name, instead] of [
    ["a 404 of another server", notFound],
    ["JSON of another server", ownJson],
  ] as const) {
    describe(`where it is ${name}`, () => {
      const silent = (): void => {
        front.answer = () => instead;
      };
      const words = new RegExp(`cannot be reached.* answers ${instead.status}, and not as an API server`);

      it("says that nothing is known, and not that no mode has the GPU", async () => {
        silent();
        for (const args of [["status"], ["status", "--json"], ["gaming"]]) {
          const { stdout, stderr } = await gpuModeEnds(front.sandbox, exitCodes.unreachable, ...args);
          assert.match(stderr, words);
          assert.doesNotMatch(stdout, /^mode /m);
        }
      });

      it("forgets no stack, of which nobody knows whether it is the active one", async () => {
        silent();
        const { stderr } = await gpuModeEnds(front.sandbox, exitCodes.unreachable, "forget", "ml", "--yes");
        assert.match(stderr, words);
        const { code, output } = await pulumiOn(sandbox, ["stack", "--show-urns", "-s", "ml"]);
        assert.equal(code, 0);
        assert.match(output, /vllm-server/);
      });

      it("destroys no stack, although the engine itself would reach the cluster", async () => {
        const before = await versionsOf(sandbox);
        // The platform's own requests name no program; the engine's plugin does.
        front.answer = ({ headers }: IncomingMessage) =>
          headers["user-agent"] === undefined ? instead : undefined;
        const { code, output } = await pulumiOn(front.sandbox, [
          "destroy",
          "--yes",
          "--skip-preview",
          "-s",
          "r1",
        ]);
        assert.notEqual(code, 0, output);
        assert.match(output, /Stack r1 was not destroyed: [\s\S]*not as an API server/);
        assert.deepEqual(await versionsOf(sandbox), before);
      });
    });
  }

  describe("where the API server has no time", () => {
    it("is waited for, where that is for a second while the model loads", async () => {
      await sandbox.setScenario({ name: "healthy", loadSeconds: 3, stopSeconds: 0.2 });
      const running = startGpuMode(front.sandbox, ["r1"]);
      assert.ok(await running.reached("load", switchPhases), "the server was never waited for");
      let busy = 0;
      front.answer = () => {
        busy += 1;
        return {
          status: 503,
          body: JSON.stringify({ kind: "Status", apiVersion: "v1", code: 503, message: "shutting down" }),
          headers: { "content-type": "application/json", "audit-id": "0" },
        };
      };
      setTimeout(() => {
        front.answer = () => undefined;
      }, 1000);
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, `${stdout}${stderr}`);
      assert.ok(busy > 0, "nobody asked meanwhile");
      await isWholly(sandbox, "r1");
    });

    it("says that nothing is known, and not that anything is refused", async () => {
      front.answer = () => ({
        status: 500,
        body: JSON.stringify({ kind: "Status", code: 500, message: "etcdserver: request timed out" }),
      });
      const { stderr } = await gpuModeEnds(front.sandbox, exitCodes.unreachable, "status");
      assert.match(stderr, /cannot be reached: http:\S+ answers 500: etcdserver: request timed out\.$/m);
    });
  });
});
