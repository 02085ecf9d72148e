// Does not prove that Pulumi writes the claim before everything else, nor that it lies in a cluster; the engine tests do that.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { LiveObject } from "../../../../cluster/api/index.ts";
import { judgeDestroy, unjudged } from "../../../../cluster/claim/guard.ts";
import {
  type Claim,
  type Claimant,
  claimData,
  holderOf,
  nextClaim,
  otherState,
  readClaim,
  switchSentence,
} from "../../../../cluster/claim/index.ts";
import { planFromFiles } from "../../../../stacks/index.ts";

const project = fileURLToPath(new URL("../../../..", import.meta.url));
const [ml, r1, gaming] = ["ml", "r1", "gaming"].map((mode) => planFromFiles(project, mode)) as [
  ReturnType<typeof planFromFiles>,
  ReturnType<typeof planFromFiles>,
  ReturnType<typeof planFromFiles>,
];

const source = { commit: "a".repeat(40), committed: "2026-01-02T03:04:05.000Z" };
const claim: Claim = {
  mode: "ml",
  stack: "ml",
  model: ml.server.model,
  since: "2026-01-01T00:00:00.000Z",
  switchNumber: 4,
  planHash: ml.hash,
  source,
};

const configMap = (data: Record<string, string>): LiveObject => ({
  metadata: { name: "gpu-mode", uid: "u", resourceVersion: "1" },
  data,
});
const deployment = (mode: string, switchNumber?: number): LiveObject => ({
  metadata: {
    name: "vllm-server",
    uid: "u",
    resourceVersion: "1",
    labels: { "gpu-mode": mode },
    annotations: switchNumber === undefined ? {} : { "vllm-platform/switch": String(switchNumber) },
  },
});
const live = configMap(claimData(claim));

const by = (stack: string, state?: string): Claimant => ({ stack, state });

describe("the claim", () => {
  it("is read as it was written", () => {
    assert.deepEqual(readClaim(live), { claim });
    assert.deepEqual(readClaim(configMap(claimData({ ...claim, model: "" })))?.claim?.model, "");
  });

  it("names what a half-written one lacks", () => {
    assert.deepEqual(readClaim(configMap({ mode: "ml", switch: "4" })), {
      problem: "it lacks stack, since, planHash, source",
    });
    assert.match(readClaim(configMap({ ...claimData(claim), switch: "4e9" }))?.problem ?? "", /"4e9"/);
    assert.match(readClaim(configMap({ ...claimData(claim), since: "noon" }))?.problem ?? "", /"noon"/);
    const since = "Jan 1 2026 (later)";
    assert.match(readClaim(configMap({ ...claimData(claim), since }))?.problem ?? "", /\(later\)/);
    assert.deepEqual(readClaim(configMap({ ...claimData(claim), model: "a\n✔ all is well" })), {
      problem: "its model has more than one line",
    });
    assert.match(readClaim({ ...configMap({}), data: undefined })?.problem ?? "", /it lacks mode/);
  });

  const holders: [
    string,
    LiveObject | undefined,
    LiveObject | undefined,
    string | undefined,
    number,
    RegExp?,
  ][] = [
    ["nothing in the cluster", undefined, undefined, undefined, 0],
    ["claim and Deployment agree", live, deployment("ml", 4), "ml", 4],
    [
      "a switch to r1 was cut short after its claim",
      configMap(claimData({ ...claim, mode: "r1", stack: "r1", switchNumber: 5 })),
      deployment("ml", 4),
      "r1",
      5,
    ],
    ["the claim is missing", undefined, deployment("ml", 4), "ml", 4],
    ["the Deployment is missing", live, undefined, "ml", 4],
    ["the reference setup's Deployment, never claimed", undefined, deployment("ml"), "ml", 0],
    ["the claim is older than the Deployment", live, deployment("r1", 7), "r1", 7, /switch 4.*switch 7/],
    [
      "the claim names another mode for the same switch",
      live,
      deployment("r1", 4),
      "r1",
      4,
      /mode ml, switch 4, and the Deployment mode r1/,
    ],
    [
      "the claim is half-written",
      configMap({ mode: "r1" }),
      deployment("ml", 4),
      "ml",
      4,
      /it lacks stack.*mode ml/,
    ],
    [
      "the claim is half-written and nothing runs",
      configMap({ mode: "r1" }),
      undefined,
      undefined,
      0,
      /no mode is active/,
    ],
    [
      "the Deployment's number is no number",
      undefined,
      {
        ...deployment("ml"),
        metadata: { ...deployment("ml").metadata, annotations: { "vllm-platform/switch": "many" } },
      },
      "ml",
      0,
    ],
  ];
  for (const [name, claimed, declared, stack, number, warning] of holders) {
    it(`${name}: ${stack ?? "nobody"} has the GPU`, () => {
      const holder = holderOf(claimed, declared);
      assert.equal(holder.stack, stack);
      assert.equal(holder.switchNumber, number);
      assert.equal(holder.warnings.length, warning === undefined ? 0 : 1);
      if (warning !== undefined) assert.match(holder.warnings[0] ?? "", warning);
    });
  }

  const now = () => new Date("2026-02-03T04:05:06.000Z");
  const other = async () => ({ commit: "b".repeat(40), committed: "2026-02-01T00:00:00.000Z" });
  const notAsked = () => assert.fail("the source was asked for");

  it("is repeated by the active stack, word for word", async () => {
    const next = await nextClaim(ml, by("ml"), holderOf(live, deployment("ml", 4)), now, notAsked);
    assert.deepEqual(next, { claim, takesOver: false });
  });

  it("keeps time and number when the active stack's plan changes, and names the new source", async () => {
    const changed = { ...ml, hash: "0".repeat(64) };
    const next = await nextClaim(changed, by("ml"), holderOf(live, deployment("ml", 4)), now, other);
    assert.deepEqual(next, {
      claim: { ...claim, planHash: changed.hash, source: await other() },
      takesOver: false,
    });
  });

  it("is the next switch for a standby stack", async () => {
    const next = await nextClaim(gaming, by("gaming"), holderOf(live, deployment("ml", 9)), now, other);
    assert.deepEqual(next, {
      claim: {
        mode: "gaming",
        stack: "gaming",
        model: "",
        since: "2026-02-03T04:05:06.000Z",
        switchNumber: 10,
        planHash: gaming.hash,
        source: await other(),
      },
      takesOver: true,
    });
  });

  it("names the state that declares it, and takes another state of the same stack for no switch", async () => {
    const holder = holderOf(configMap(claimData({ ...claim, state: "one" })), deployment("ml", 4));
    const next = async (state?: string) => nextClaim(ml, by("ml", state), holder, now, notAsked);
    assert.deepEqual(await next("two"), { claim: { ...claim, state: "two" }, takesOver: false });
    assert.deepEqual(await next(), { claim: { ...claim, state: "one" }, takesOver: false });
    assert.match(otherState(by("ml", "two"), holder) ?? "", /declared by another state of stack ml/);
    for (const same of [by("ml", "one"), by("ml"), by("r1", "two")]) {
      assert.equal(otherState(same, holder), undefined);
    }
  });

  it("is written anew, without being a switch, where it was lost", async () => {
    const { claim: written, takesOver } = await nextClaim(
      ml,
      by("ml"),
      holderOf(undefined, deployment("ml", 4)),
      now,
      other,
    );
    assert.deepEqual([written.switchNumber, takesOver], [5, false]);
  });

  it("says from what to what a switch goes", () => {
    const sentence = (plan: typeof ml, ...objects: Parameters<typeof holderOf>) =>
      switchSentence(plan, holderOf(...objects));
    assert.equal(
      sentence(r1, live, deployment("ml", 4)),
      `This is a switch: from mode ml (${ml.server.model}), active since ${claim.since}, to mode r1 (${r1.server.model}).`,
    );
    assert.equal(
      sentence(gaming, undefined, deployment("r1", 4)),
      "This is a switch: from mode r1, to mode gaming (no server, the GPU is free).",
    );
    assert.equal(
      sentence(ml, undefined, undefined),
      `No mode has the GPU yet; this gives it to mode ml (${ml.server.model}).`,
    );
  });
});

describe("a destroy", () => {
  it("is allowed to the stack that has the GPU, and says what stays", () => {
    const verdict = judgeDestroy(by("ml"), holderOf(live, deployment("ml", 4)));
    assert.equal(verdict.allowed, true);
    for (const kept of [/Namespace ml/, /vllm-model-cache/, /vllm-api-key/]) assert.match(verdict.text, kept);
  });

  it("is refused to another state of the stack that has it, and allowed where no state is named", () => {
    const named = holderOf(configMap(claimData({ ...claim, state: "one" })), deployment("ml", 4));
    const { allowed, text } = judgeDestroy(by("ml", "two"), named);
    assert.equal(allowed, false);
    assert.match(
      text,
      /is not the one that declared mode ml: another Pulumi backend has a stack of that name/,
    );
    assert.match(text, /gpu-mode forget ml [\s\S]*gpu-mode ml$/);
    assert.equal(judgeDestroy(by("ml", "one"), named).allowed, true);
    assert.equal(judgeDestroy(by("ml", "two"), holderOf(live, deployment("ml", 4))).allowed, true);
  });

  it("is allowed where nobody has it", () => {
    assert.equal(judgeDestroy(by("ml"), holderOf(undefined, undefined)).allowed, true);
  });

  it("is refused to a standby stack, which is told who has it and how to be forgotten", () => {
    for (const claimed of [live, undefined]) {
      const { allowed, text } = judgeDestroy(by("r1"), holderOf(claimed, deployment("ml", 4)));
      assert.equal(allowed, false);
      assert.match(text, /Stack r1 is a standby stack: .* that ml has the GPU/);
      assert.match(text, /gpu-mode forget r1 \(or: pulumi stack rm --force --preserve-config r1\)/);
      assert.match(text, /pulumi destroy -s ml/);
    }
  });

  it("is refused while the cluster does not answer, with a way out", () => {
    assert.match(
      unjudged("r1", "no answer"),
      /Stack r1 was not destroyed: no answer\.[\s\S]*gpu-mode forget r1/,
    );
  });
});
