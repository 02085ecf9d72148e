// Does NOT prove that kubelet, proxies and clients keep to their times: only the sums of what they are told.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { parse } from "yaml";
import { clientAnswer } from "../../../../stacks/clients/index.ts";
import { listModes, planFromFiles } from "../../../../stacks/index.ts";
import { transport } from "../../../../stacks/manifests/gateway.ts";
import { lossNoticedWithinSeconds, noticedAfterSeconds, planProbes } from "../../../../stacks/plan/probes.ts";
import { supervision } from "../../../../stacks/plan/supervision.ts";
import { durationSeconds } from "../../../../stacks/vocabulary/measures.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));
const page = readFileSync(join(project, "docs/degradation.md"), "utf8");
const modesPage = readFileSync(join(project, "docs/modes.md"), "utf8");
const plans = listModes(project).map((mode) => planFromFiles(project, mode));

/** By the reference setup's requirement: how soon Ollama answers, in seconds. */
const cpuAnswersWithinSeconds = 5;

/** From an engine's death to its server's end, in seconds: a look that has just been through, then one that waits for an answer. */
const { tickSeconds, answerSeconds, selfEndSeconds, endSeconds } = supervision;
const deadEngineSeconds = tickSeconds + answerSeconds + selfEndSeconds + endSeconds;

/** From the first who waits for an engine that hangs: looks are apart, so each of three steps may begin one late. */
const { lookSeconds, stallSeconds, idleStallSeconds, questionSeconds } = supervision;
const hangSeconds = (stall: number): number => stall + questionSeconds + 3 * lookSeconds;

describe("the loss of the GPU", () => {
  it("is noticed in less than 10 s by the probes, whatever the mode and the model's size", () => {
    for (const { server, mode } of plans) {
      assert.ok(noticedAfterSeconds(server.probes.readiness) < lossNoticedWithinSeconds, mode);
    }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (weightBytes) => {
        const { readiness, liveness } = planProbes(weightBytes);
        assert.ok(noticedAfterSeconds(readiness) < lossNoticedWithinSeconds);
        // A busy server loses its requests before it is killed, never the other way round.
        assert.ok(noticedAfterSeconds(liveness) > 3 * noticedAfterSeconds(readiness));
      }),
    );
  });

  it("is noticed in less than 10 s by the supervisor, where only the engine is dead", () => {
    assert.ok(deadEngineSeconds < lossNoticedWithinSeconds);
  });

  it("is noticed by a client that asks before each request in no more than 5 s, before the cluster may", () => {
    for (const { settings, fallback, server, mode } of plans) {
      const seconds = settings.fallback.healthTimeoutMs / 1000;
      assert.ok(seconds <= cpuAnswersWithinSeconds, mode);
      assert.ok(seconds < noticedAfterSeconds(server.probes.readiness), mode);
      assert.match(fallback.FALLBACK_ROUTING_PATTERN ?? "", new RegExp(`timeout: ${seconds * 1000},`));
    }
  });

  it("is noticed by the gateway in less than 5 s, also where the node is off and neither answers nor refuses", () => {
    const { dialTimeout } = transport().spec.forwardingTimeouts;
    assert.ok(durationSeconds(dialTimeout) < cpuAnswersWithinSeconds);
    assert.ok(
      page.includes(
        `node off: ${durationSeconds(dialTimeout)} s; hang: ${noticedAfterSeconds(planProbes(1).readiness)} s `,
      ),
    );
  });

  it("is noticed by LiteLLM in less than 10 s where a stream does not begin", () => {
    for (const plan of plans) {
      const [{ text } = { text: "" }] = clientAnswer(plan, "litellm").texts;
      const config = parse(text) as {
        model_list: { litellm_params: { stream_timeout?: number } }[];
        router_settings: { cooldown_time: number };
      };
      const [first] = config.model_list;
      assert.ok((first?.litellm_params.stream_timeout ?? Number.NaN) < lossNoticedWithinSeconds);
      // While it cools down nobody tries the server that hangs, so that not every request waits.
      assert.ok(config.router_settings.cooldown_time > (first?.litellm_params.stream_timeout ?? Number.NaN));
    }
  });
});

describe("docs/degradation.md", () => {
  it("has the sums of the settings", () => {
    const { readiness } = planProbes(1);
    const { drainSeconds } = supervision;
    const { healthTimeoutMs, healthIntervalMs } = plans[0]?.settings.fallback ?? assert.fail();
    for (const words of [
      `${noticedAfterSeconds(readiness)} s `,
      `${readiness.periodSeconds} s period + ${readiness.timeoutSeconds} s timeout + 1 s until`,
      `${deadEngineSeconds} s `,
      `${tickSeconds} s look + ${answerSeconds} s answer + ${selfEndSeconds} s to end by itself + ${endSeconds} s to be ended`,
      `**${hangSeconds(stallSeconds)} s** `,
      `${stallSeconds} s without a step + ${questionSeconds} s for one token + 3 looks of ${lookSeconds} s`,
      `gives \`/health\` ${healthTimeoutMs / 1000} s (`,
      `together: ${(healthTimeoutMs + healthIntervalMs) / 1000} s by the defaults`,
      `goes on with what it has for ${drainSeconds} s`,
    ]) {
      assert.ok(page.includes(words), `${words}\nis not in docs/degradation.md`);
    }
  });

  it("says of an engine that hangs what docs/modes.md says", () => {
    const [waiting, keptOpen] = [stallSeconds, idleStallSeconds].map(hangSeconds);
    assert.ok(modesPage.includes(`${waiting} s of the first who waits; ${keptOpen} s on a connection`));
  });
});
