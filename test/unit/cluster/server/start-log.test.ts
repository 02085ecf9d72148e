// Does NOT prove that the newest engine still says it so: of it only a run on the CPU is known, of the others public logs.
import assert from "node:assert/strict";
import { readStartLog } from "../../../../cluster/server/start-log.ts";

/** A line as the kubelet gives it with its time. */
const at = (time: string, line: string): string => `2026-11-27T07:22:${time}.123456789Z ${line}`;

describe("the log of a start", () => {
  it("of V1 tells weights, room and the moment from which clients are answered", () => {
    const log = [
      at(
        "01",
        "INFO 11-27 07:22:01 [gpu_model_runner.py:1347] Model loading took 5.2035 GiB and 3.457801 seconds",
      ),
      at("02", "INFO 11-27 07:22:02 [kv_cache_utils.py:634] GPU KV cache size: 66,000 tokens"),
      at(
        "02",
        "INFO 11-27 07:22:02 [kv_cache_utils.py:637] Maximum concurrency for 8,192 tokens per request: 8.06x",
      ),
      at("03", "INFO:     Application startup complete."),
      at("59", "INFO:     Application startup complete."),
    ].join("\n");
    assert.deepEqual(readStartLog(log), {
      weightsGiB: 5.2035,
      keyValueTokens: 66_000,
      device: "GPU",
      readyAt: new Date("2026-11-27T07:22:03.123Z"),
    });
  });

  it("of newer V1 has the memory in GiB, and the process in front", () => {
    const log = [
      "(Worker_TP0 pid=241) INFO 12-11 00:06:53 [gpu_model_runner.py:3549] Model loading took 5.20 GiB memory and 12.30 seconds",
      "(EngineCore_DP0 pid=241) INFO 12-11 00:06:53 [gpu_worker.py:359] Available KV cache memory: 4.12 GiB",
      "(EngineCore_DP0 pid=241) INFO 12-11 00:06:53 [kv_cache_utils.py:1286] GPU KV cache size: 77,136 tokens",
      "(APIServer pid=1) INFO:     Application startup complete.",
    ].join("\n");
    assert.deepEqual(readStartLog(log), {
      weightsGiB: 5.2,
      keyValueGiB: 4.12,
      keyValueTokens: 77_136,
      device: "GPU",
    });
  });

  it("of V0 counts blocks, in three spellings", () => {
    for (const blocks of ["GPU", "cuda", "CUDA"]) {
      const log = [
        "INFO 07-17 21:58:12 model_runner.py:173] Loading model weights took 5.2035 GB",
        `INFO 07-17 21:58:21 gpu_executor.py:119] # ${blocks} blocks: 3135, # CPU blocks: 4681`,
      ].join("\n");
      assert.deepEqual(readStartLog(log), {
        weightsGiB: 5.2035,
        keyValueTokens: 50_160,
        device: "GPU",
      });
    }
  });

  it("of V0 from 0.6.4 on adds up what the card holds", () => {
    const line =
      "INFO 05-05 15:25:32 [worker.py:267] model weights take 6.02GiB; non_torch_memory takes 0.05GiB; PyTorch activation peak memory takes 0.90GiB; the rest of the memory reserved for KV Cache is 6.22GiB.";
    assert.deepEqual(readStartLog(line), { keyValueGiB: 6.22 });
  });

  it("on the CPU is told from one on a card", () => {
    const log = [
      "(Worker pid=16239) INFO 11-27 04:17:07 [cpu_worker.py:260] Explicitly set (1.0/23.54) GiB for KV cache on node 0.",
      "(EngineCore pid=12515) INFO 11-27 04:17:07 [kv_cache_utils.py:2327] CPU KV cache size: 2,097,152 tokens, Maximum concurrency for 8,192 tokens per request: 256.00x",
    ].join("\n");
    assert.deepEqual(readStartLog(log), { keyValueGiB: 1, keyValueTokens: 2_097_152, device: "CPU" });
  });

  it("that is cut or simulated tells nothing", () => {
    assert.deepEqual(readStartLog("INFO 01-01 00:00:00 Loading model weights\n"), {});
    assert.deepEqual(readStartLog(""), {});
  });
});
