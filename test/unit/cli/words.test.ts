// Does NOT prove that what is told is so; the engine tests run the command against a cluster.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes, exitMeanings } from "../../../cli/exit-codes.ts";
import { modesSection } from "../../../cli/help.ts";
import { type Found, statusText } from "../../../cli/status.ts";
import { measured, switchedJson, switchedText } from "../../../cli/switch-mode.ts";
import { allAnswers } from "../../../cluster/api/all-answers.ts";
import { ApiError, UnreachableError } from "../../../cluster/api/index.ts";
import type { GpuNode } from "../../../cluster/gpu-node/node.ts";
import { endOf } from "../../../operations/ended.ts";
import { podInWords } from "../../../operations/status/index.ts";
import { planFromFiles } from "../../../stacks/index.ts";
import { Ended, RefusedError } from "../../../system/errors.ts";

const project = join(import.meta.dirname, "../../..");
const plan = (mode: string) => planFromFiles(project, mode);

const url = "https://vllm.home.jetzinger.com";
const ready = { url, ready: true, detail: "its certificate is ready" };
const notReady = { url, ready: false, detail: "Certificate vllm-tls is not ready: rate limit" };

const switched = (mode: string, change: Partial<Parameters<typeof switchedText>[0]> = {}) => ({
  plan: plan(mode),
  from: "coder",
  changed: true,
  outcome: { state: "reached" as const, detail: "" },
  route: ready,
  reachedAfter: 6.25,
  seconds: { load: 3.5 },
  removed: [],
  kept: [],
  ...change,
});

describe("the words of a switch", () => {
  it("tell what is served where, with the times against the limits", () => {
    assert.deepEqual(switchedText(switched("r1")), [
      "Mode r1 serves casperhansen/deepseek-r1-distill-qwen-7b-awq, default at https://vllm.home.jetzinger.com, after 6.3 s (limit 120 s), model loaded in 3.5 s (limit 90 s).",
    ]);
    assert.deepEqual(
      switchedText(
        switched("gaming", {
          reachedAfter: 31,
          outcome: { state: "reached", detail: "no pod is left on the GPU" },
        }),
      ),
      ["Mode gaming: released, no pod is left on the GPU, after 31.0 s (OVER THE LIMIT of 30 s)."],
    );
  });

  it("name the host only where clients are let in there, or nothing is known against it", () => {
    assert.match(
      String(switchedText(switched("r1", { route: notReady }))),
      /^Mode r1 serves \S+, default inside the cluster; https:\/\/vllm\.home\.jetzinger\.com not yet: Certificate vllm-tls is not ready: rate limit, after 6\.3 s/,
    );
    assert.match(
      String(switchedText(switched("r1", { route: notReady, changed: false }))),
      /^Nothing to do: mode r1 is active and serves \S+, default inside the cluster; https:\S+ not yet: /,
    );
    assert.match(
      String(switchedText(switched("r1", { route: { ...ready, ready: null } }))),
      /^Mode r1 serves \S+, default at https:\/\/vllm\.home\.jetzinger\.com, after/,
    );
    assert.match(String(switchedText(switched("r1", { route: null }))), / default at http:\/\/vllm-api\./);
    assert.deepEqual(
      (switchedJson(switched("r1", { route: notReady })) as { route: unknown }).route,
      notReady,
    );
  });

  it("measure nothing where nothing was changed or nothing can be served", () => {
    assert.deepEqual(measured(switched("ml", { changed: false })), []);
    assert.deepEqual(measured(switched("ml", { outcome: { state: "warning", detail: "" } })), []);
    assert.deepEqual(
      measured(switched("ml", { reachedAfter: 120 })).map(({ of, met }) => ({ of, met })),
      [{ of: "switch", met: false }],
    );
  });

  it("tell that there was nothing to do, warnings, and what was removed or kept", () => {
    assert.match(
      String(switchedText(switched("gaming", { changed: false }))),
      /^Nothing to do: mode gaming is active and the GPU is free\.$/,
    );
    const lines = switchedText(
      switched("ml", {
        outcome: { state: "warning", detail: "GPU node nuc is off" },
        removed: ["Certificate/vllm-tls"],
        kept: ["Secret/vllm-api-key"],
      }),
    );
    assert.equal(lines[0], "Mode ml, warning: GPU node nuc is off.");
    assert.equal(lines[1], "Removed, as only a previous mode declared it: Certificate/vllm-tls");
    assert.match(lines[2] ?? "", /kubectl delete -n ml secret\/vllm-api-key$/);
  });

  it("say the same to a program", () => {
    const json = switchedJson(switched("r1")) as Record<string, unknown>;
    assert.equal(json.mode, "r1");
    assert.equal(json.from, "coder");
    assert.deepEqual(json.phaseSeconds, { load: 3.5 });
    assert.deepEqual(json.limits, [
      {
        of: "switch",
        seconds: 120,
        source: "a mode serves again in less than 2 minutes",
        took: 6.3,
        met: true,
      },
      {
        of: "load",
        seconds: 90,
        source: "a model that reasons is loaded in less than 90 s",
        took: 3.5,
        met: true,
      },
    ]);
  });

  it("list the modes with what they serve, faulty ones too", () => {
    const section = modesSection({
      modes: ["ml", "gaming", "broken"],
      planOf: (mode) => {
        if (mode === "broken") throw new RefusedError("no", []);
        return plan(mode);
      },
    });
    assert.deepEqual(section, {
      title: "Modes",
      items: [
        ["ml", "serves Qwen/Qwen2.5-7B-Instruct-AWQ"],
        ["gaming", "serves nothing; the GPU is free"],
        ["broken", "its files have faults, which gpu-mode names when it is asked for this mode"],
      ],
    });
  });
});

describe("the words of the status", () => {
  const found: Found = {
    mode: "ml",
    stack: "ml",
    since: "2026-11-24T08:00:00Z",
    switchNumber: 3,
    source: { commit: "0123456789abcdef0123456789abcdef01234567-dirty", committed: "" },
    model: "Qwen/Qwen2.5-7B-Instruct-AWQ",
    reached: true,
    pod: "serving Qwen/Qwen2.5-7B-Instruct-AWQ, default",
    servedNames: ["Qwen/Qwen2.5-7B-Instruct-AWQ", "default"],
    gpuNodes: [{ name: "nuc", ready: true, allocatable: 1, heldBy: [] }],
    endpoint: "https://vllm.example",
    inClusterUrl: "http://vllm-api",
    route: { url: "https://vllm.example", ready: true, detail: "" },
    warnings: ["Ollama: not ready. See why."],
    ollama: "ready",
    leftovers: { removed: ["Certificate/vllm-tls"], kept: [] },
    disagreements: ["A switch to r1 was cut short: run gpu-mode r1."],
    notes: [],
    cardUse: null,
  };

  it("are a table, then what does not fit together", () => {
    assert.deepEqual(statusText(found, new Date("2026-11-24T11:00:00Z")), [
      "mode      ml",
      "since     2026-11-24T08:00:00Z (3 h ago)",
      "source    commit 0123456789ab-dirty",
      "model     Qwen/Qwen2.5-7B-Instruct-AWQ",
      "pod       serving Qwen/Qwen2.5-7B-Instruct-AWQ, default",
      "GPU node  nuc: on, 1 GPU to give",
      "endpoint  https://vllm.example",
      "Ollama    ready, answers on the CPU",
      "Left over from a previous mode: Certificate/vllm-tls. gpu-mode ml removes it.",
      "Warning: Ollama: not ready. See why.",
      "A switch to r1 was cut short: run gpu-mode r1.",
    ]);
  });

  it("name no endpoint at which nobody is let in", () => {
    const route = { url: "https://vllm.example", ready: false, detail: "no certificate" };
    assert.ok(
      statusText({ ...found, route }).includes(
        "endpoint  http://vllm-api; https://vllm.example not yet: no certificate",
      ),
    );
  });

  it("name no endpoint and no model where no mode has the GPU", () => {
    const text = statusText({ ...found, mode: null, model: null, endpoint: null, route: null }).join("\n");
    assert.match(text, /^mode {6}none: no mode has the GPU$/m);
    assert.match(text, /^model {5}none$/m);
    assert.match(text, /^endpoint {2}none: no mode has the GPU$/m);
  });

  it("have the card by its labels and by the node's own word, or why that is missing", () => {
    const text = (change: Partial<Found>): string => statusText({ ...found, ...change }).join("\n");
    const card = { name: "NVIDIA GeForce RTX 3060", memoryMiB: 12_288 };
    assert.match(
      text({ gpuNodes: [{ name: "nuc", ready: true, allocatable: 1, heldBy: [], card }] }),
      /^GPU node {2}nuc: on, 1 GPU to give \(NVIDIA GeForce RTX 3060, 12288 MiB\)$/m,
    );
    const node = found.gpuNodes[0] ?? assert.fail();
    assert.match(text({ gpuNodes: [{ ...node, ready: false }] }), /^GPU node {2}nuc: off$/m);
    assert.match(
      text({ gpuNodes: [{ ...node, cordoned: true }] }),
      /^GPU node {2}nuc: on, cordoned: no new pod may start there$/m,
    );
    const game = { pid: 7, name: "game", kind: "C+G", place: "host", usedMiB: 7000 } as const;
    assert.match(
      text({ cardUse: { value: { usedMiB: 7244, totalMiB: 12_288, processes: [game] } } }),
      /^GPU memory {2}7244 of 12288 MiB in use; game, process 7, 7000 MiB$/m,
    );
    assert.match(text({ cardUse: { why: "nuc refuses" } }), /^GPU memory {2}unknown: nuc refuses$/m);
  });

  it("tell how long ago in the unit that says something", () => {
    const since = (now: string) => statusText(found, new Date(now))[1]?.replace(/.*\((.*)\)/, "$1");
    assert.equal(since("2026-11-24T08:00:30Z"), "just now");
    assert.equal(since("2026-11-24T09:59:59Z"), "119 min ago");
    assert.equal(since("2026-11-26T07:00:00Z"), "47 h ago");
    assert.equal(since("2026-12-24T08:00:00Z"), "30 days ago");
  });

  it("tell how far a load is, by the pod's own start", () => {
    const pods = [
      {
        status: {
          containerStatuses: [
            {
              ...{ name: "vllm", image: "", imageID: "", ready: false, restartCount: 0 },
              state: { running: { startedAt: new Date("2026-11-24T08:00:00Z") } },
            },
          ],
        },
      },
    ];
    const words = (mode: string | undefined) =>
      podInWords(
        { state: "waiting", phase: "load", detail: "loading the model" },
        { pods },
        {
          plan: mode === undefined ? undefined : plan(mode),
          answer: { names: [], isOpen: false },
          gpuNodes: [],
          now: new Date("2026-11-24T08:00:40Z"),
        },
      );
    assert.equal(words("r1"), "loading, 40 s of about 90");
    assert.equal(words(undefined), "loading, 40 s");
    assert.equal(
      podInWords(
        { state: "settled", pod: "p" },
        { pods },
        { plan: undefined, answer: { why: "no answer", isFinal: false }, gpuNodes: [], now: new Date() },
      ),
      "ready, but no answer",
    );
    const free = (heldBy: GpuNode["heldBy"]) =>
      podInWords(
        { state: "settled" },
        { pods: [] },
        {
          plan: undefined,
          answer: { names: [], isOpen: false },
          gpuNodes: [{ name: "nuc", ready: true, allocatable: 1, heldBy }],
          now: new Date(),
        },
      );
    assert.equal(free([]), "none: the GPU is free");
    assert.equal(free("unknown"), "none: the GPU is free");
    assert.equal(free([{ pod: "media/transcoder", gpus: 1 }]), "none: others hold the GPU");
  });
});

describe("the exit statuses", () => {
  it("differ, and each is explained here and in docs/modes.md", () => {
    const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
    assert.equal(new Set(Object.values(exitCodes)).size, names.length);
    // Tables are padded for people.
    const docs = readFileSync(join(project, "docs", "modes.md"), "utf8").replace(/ +/g, " ");
    for (const name of names) {
      assert.ok(docs.includes(`| ${exitCodes[name]} | ${name} | ${exitMeanings[name]} |`), name);
    }
  });

  it("follow from the errors; a fault of the program has none", () => {
    const exitOf = (error: unknown) => endOf(error)?.exit;
    assert.equal(exitOf(new Ended("locked", "")), "locked");
    assert.equal(exitOf(new UnreachableError("no answer")), "unreachable");
    assert.equal(exitOf(new RefusedError("no", [])), "refused");
    assert.equal(exitOf(new ApiError(403, "Forbidden", "no")), "refused");
    assert.equal(endOf(new TypeError("x is not a function")), undefined);
  });

  it("tell each refusal of the cluster, one a line where there are several", async () => {
    const refused = (message: string) => Promise.reject(new ApiError(403, "Forbidden", message));
    const told = (asked: Promise<unknown>) => asked.catch((error: unknown) => endOf(error)?.message);
    assert.equal(await told(allAnswers([refused("a")])), "The cluster does not allow it: a.");
    assert.equal(
      await told(allAnswers([refused("a"), refused("b")])),
      "The cluster does not allow it:\n  a\n  b",
    );
  });
});
