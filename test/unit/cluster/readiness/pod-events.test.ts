// Does NOT prove that a kubelet words its events this way: the drill node-lacks has those of a real one.
import assert from "node:assert/strict";
import type { CoreV1Event } from "@kubernetes/client-node";
import { ApiError, type ClusterApi } from "../../../../cluster/api/index.ts";
import type { Diagnosis } from "../../../../cluster/readiness/diagnosis.ts";
import { refineByEvents, troubleIn } from "../../../../cluster/readiness/pod-events.ts";

/** An event as the API gives it: its times are text. */
const event = (second: number, type: string, reason: string, message: string): CoreV1Event =>
  ({ type, reason, message, lastTimestamp: `2026-11-27T20:00:0${second}Z` }) as unknown as CoreV1Event;
const scheduled = {
  ...event(0, "Normal", "Scheduled", "assigned"),
  lastTimestamp: null,
  eventTime: "2026-11-27T20:00:00.123456Z",
} as unknown as CoreV1Event;
const noRuntime = 'rpc error: no runtime for "nvidia" is configured';
const failed = event(0, "Warning", "FailedCreatePodSandBox", noRuntime);
const attached = event(1, "Warning", "FailedAttachVolume", "Multi-Attach error: used elsewhere ");

const making: Diagnosis = {
  state: "waiting",
  phase: "pull",
  detail: "pulling vllm:1",
  making: "vllm-server-1",
};

/** An API with events only, which counts how often they are read. */
function apiWith(read: () => readonly CoreV1Event[]) {
  const asked: string[] = [];
  const get = async (path: string) => {
    asked.push(path);
    return { items: read() };
  };
  return { api: { get } as unknown as ClusterApi, asked };
}

describe("events of a pod that is being made", () => {
  it("tell a trouble where the last one does, and none that is over", () => {
    assert.equal(troubleIn([]), undefined);
    assert.equal(troubleIn([scheduled]), undefined);
    assert.equal(troubleIn([failed, scheduled]), `FailedCreatePodSandBox: ${noRuntime}`);
    for (const second of [1, 2]) {
      assert.equal(troubleIn([attached, event(second, "Normal", "Pulling", "the image")]), undefined);
    }
  });

  it("are not those of the scheduler, whose clock is another one, nor those that the pod's status tells, too", () => {
    const unschedulable = event(9, "Warning", "FailedScheduling", "0/2 nodes are available");
    assert.equal(troubleIn([unschedulable, scheduled]), undefined);
    const late = event(9, "Normal", "Scheduled", "assigned");
    assert.equal(troubleIn([failed, late]), `FailedCreatePodSandBox: ${noRuntime}`);
    for (const reason of ["Failed", "BackOff"]) {
      assert.equal(troubleIn([failed, event(2, "Warning", reason, "429 Too Many Requests")]), undefined);
    }
  });

  it("make it failed where that is known not to pass, and else a wait with the trouble as its reason", async () => {
    const trouble = `FailedCreatePodSandBox: ${noRuntime}`;
    assert.deepEqual(await refineByEvents(apiWith(() => [failed]).api)(making), {
      state: "failed",
      detail: trouble,
      retried: "vllm-server-1",
    });
    const passing = "FailedAttachVolume: Multi-Attach error: used elsewhere";
    assert.deepEqual(await refineByEvents(apiWith(() => [attached]).api)(making), {
      ...making,
      detail: passing,
      trouble: passing,
    });
    assert.deepEqual(await refineByEvents(apiWith(() => [scheduled]).api)(making), making);
  });

  it("tell why no pod can be made, as the Deployment keeps the reason of the first failure", async () => {
    const refused: Diagnosis = {
      ...{ state: "failed", doubtful: true, unmade: true },
      detail: 'no pod can be made: pods "vllm-server-1-a" is forbidden: exceeded quota: tight',
    };
    const create = (second: number, set: string, message: string) => ({
      ...event(second, "Warning", "FailedCreate", message),
      involvedObject: { kind: "ReplicaSet", name: set },
    });
    const events = [
      create(1, "vllm-server-1", "Error creating: exceeded quota: tight"),
      create(2, "vllm-server-2", 'Error creating: RuntimeClass "nvidia" not found'),
      create(3, "others-1", "Error creating: something else"),
    ];
    const { api, asked } = apiWith(() => events);
    const detail = 'no pod can be made: RuntimeClass "nvidia" not found';
    assert.deepEqual(await refineByEvents(api)(refused), { ...refused, detail });
    assert.match(asked[0] ?? "", /fieldSelector=involvedObject\.kind%3DReplicaSet%2Creason%3DFailedCreate$/);
    assert.equal(await refineByEvents(apiWith(() => []).api)(refused), refused);
    const noCard: Diagnosis = { state: "failed", doubtful: true, detail: "the pod fits on no node: no GPU" };
    assert.equal(await refineByEvents(api)(noCard), noCard);
  });

  it("are read of such a pod alone, and once a second", async () => {
    let time = 0;
    const { api, asked } = apiWith(() => [attached]);
    const refine = refineByEvents(api, () => time);
    for (const state of [{ state: "settled" }, { ...making, making: undefined }] as Diagnosis[]) {
      assert.equal(await refine(state), state);
    }
    assert.deepEqual(asked, []);
    for (time of [0, 500, 999, 1000, 1500]) await refine(making);
    assert.deepEqual(asked.length, 2);
    assert.match(
      asked[0] ?? "",
      /fieldSelector=involvedObject\.kind%3DPod%2CinvolvedObject\.name%3Dvllm-server-1$/,
    );
    await refine({ ...making, making: "vllm-server-2" });
    assert.equal(asked.length, 3);
  });

  it("are done without where they may not be read, and by nothing else", async () => {
    const { api } = apiWith(() => {
      throw new ApiError(403, "Forbidden", "no");
    });
    assert.deepEqual(await refineByEvents(api)(making), making);
    const broken = apiWith(() => {
      throw new ApiError(500, "InternalError", "no");
    });
    await assert.rejects(refineByEvents(broken.api)(making), /no/);
  });
});
