// Does not prove that upstream still prints these texts: each sample is as somebody once saw it.
import assert from "node:assert/strict";
import type { ClusterApi } from "../../../../cluster/api/index.ts";
import { explain } from "../../../../cluster/readiness/answer.ts";
import {
  printedFailures,
  recognisePrinted,
  recogniseTold,
  toldFailures,
} from "../../../../cluster/readiness/known-failures/index.ts";
import type { KnownFailure } from "../../../../cluster/readiness/known-failures/known-failure.ts";

/** What is told of a server that ended after it printed these lines. */
function explained(lines: readonly string[]): Promise<string> {
  const api = { text: async () => lines.join("\n") } as unknown as ClusterApi;
  return explain(api, {
    state: "failed",
    detail: "the server ended with exit code 1",
    log: { pod: "vllm-server-1", container: "vllm", previous: true },
  });
}

describe("known failures", () => {
  it("recognise their own sample, and no other one does before them", () => {
    const check = ({ sample, meaning, of }: KnownFailure, recognise: typeof recognisePrinted) => {
      const found = recognise(`first\n${sample}\nlast`, of ?? "vllm");
      assert.equal(found?.meaning, meaning, sample);
      assert.equal(found?.line, sample.trim());
      assert.doesNotMatch(found?.fix ?? "", /\$\d|[.]$/, sample);
    };
    for (const one of printedFailures) check(one, recognisePrinted);
    for (const one of toldFailures) check(one, recogniseTold);
  });

  it("are in the cluster's words of its own disk, registry and volumes, and not of the model's files", async () => {
    const image = 'failed to pull and unpack image "docker.io/vllm/vllm-openai:v0.8.5"';
    const table: [told: string, meaning: RegExp][] = [
      [`ImagePullBackOff: ${image}: 429 Too Many Requests - Server message: toomanyrequests`, /registry/],
      [`Failed: ${image}: failed to extract layer: write /x: no space left on device: unknown`, /images/],
      [
        'FailedMount: MountVolume.SetUp failed for volume "x": mkdir /data: read-only file system',
        /^unknown$/,
      ],
    ];
    for (const [told, meaning] of table) {
      const found = recogniseTold(told);
      assert.match(found?.meaning ?? "unknown", meaning);
      const log = { pod: "vllm-server-1", container: "vllm", previous: true } as const;
      const none = { text: async () => "" } as unknown as ClusterApi;
      const detail = `the server could not be started: ${told}`;
      const said = await explain(none, { state: "failed", detail, log });
      assert.equal(said, found === undefined ? detail : `${found.meaning} (${detail}). ${found.fix}`);
    }
    assert.match(await explained(["OSError: [Errno 28] No space left on device"]), /the model's files/);
  });

  it("are recognised by upstream's own words, and unknown ones are not guessed at", () => {
    assert.equal(recogniseTold("something never seen"), undefined);
    assert.equal(recognisePrinted("something never seen", "vllm"), undefined);
  });

  it("name the value that the engine has worked out to fit, in each form of its generations", () => {
    const needed = "ValueError: To serve at least one request with the model's max seq len (32768)";
    const lengths: [string, RegExp][] = [
      [
        `${needed}, (4.50 GiB KV cache is needed, which is larger than the available KV cache memory (3.66 GiB). Based on the available memory, the estimated maximum model length is 26608. Try`,
        /^Set maxModelLen: 26608,/,
      ],
      [
        `${needed}, 4.50 GiB KV cache is needed, which is larger than the available KV cache memory (3.66 GiB). Based on the available memory, the estimated maximum model length is 26608. Try`,
        /^Set maxModelLen: 26608,/,
      ],
      [
        `${needed}, (4.50 GB KV cache is needed, which is larger than the available KV cache memory (3.66 GB). Based on the available memory, the estimated maximum model length is 26608. Try`,
        /^Set maxModelLen: 26608,/,
      ],
      [
        `${needed}, (4.50 GB KV cache is needed, which is larger than the available KV cache memory (3.66 GB).  Try increasing`,
        /^Lower maxModelLen/,
      ],
      [
        "The model's max seq len (32768) is larger than the maximum number of tokens that can be stored in KV cache (11440).",
        /^Set maxModelLen: 11440,/,
      ],
      [
        "api_server.py: error: unrecognized arguments: --foo 1 --bar",
        /^Take --foo 1 --bar out of extraArguments/,
      ],
      ["vllm serve: error: argument --port: invalid int value: 'x'", /^Correct --port: /],
      ["api_server.py: error: argument --seed: expected one argument", /^Correct --seed: /],
    ];
    for (const [text, fix] of lengths) {
      assert.match(recognisePrinted(text, "vllm")?.fix ?? "", fix, text);
    }
  });

  it("are reached above all that an engine prints after them", async () => {
    const after = [...Array(60).keys()].map(
      (line) => `(APIServer pid=1)   File "x.py", line ${line}, in run`,
    );
    const text = await explained([
      "INFO 10-08 loading",
      "ValueError: To serve at least one request with the models's max seq len (32768), (4.50 GiB KV cache is needed, which is larger than the available KV cache memory (3.66 GiB). Based on the available memory, the estimated maximum model length is 26608.",
      ...after,
      "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
      "[rank0]:[W] destroy_process_group() was not called",
    ]);
    assert.match(
      text,
      /^the model leaves too little of the card's memory for its context \(the server ended with exit code 1; it printed: ValueError: /,
    );
    assert.match(
      text,
      /\)\. Set maxModelLen: 26608, which the engine has worked out to fit, or choose a smaller model$/,
    );
  });

  it("leave the error itself where it is none of them, and not what only points at it", async () => {
    assert.equal(
      await explained([
        "(EngineCore_0 pid=9) ValueError: something new",
        "(APIServer pid=1) Traceback (most recent call last):",
        "(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
        "[rank0]:[W] destroy_process_group() was not called",
      ]),
      "the server ended with exit code 1; it printed: (EngineCore_0 pid=9) ValueError: something new",
    );
    assert.equal(
      await explained(["starting", "the end"]),
      "the server ended with exit code 1; its last line: the end",
    );
  });

  it("tell what CUDA says where it does not start, as PyTorch and the container runtime print it", () => {
    const unexpected = (error: string) =>
      `RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices() that might have already set an error? ${error}`;
    const found: [string, RegExp, RegExp][] = [
      [
        "RuntimeError: The NVIDIA driver on your system is too old (found version 12020). Please update your GPU driver",
        /driver is too old/,
        /Update the driver/,
      ],
      ["CUDA driver version is insufficient for CUDA runtime version", /driver is too old/, /older image/],
      [
        unexpected("Error 803: system has unsupported display driver / cuda driver combination"),
        /match/,
        /restart/,
      ],
      [unexpected("Error 804: forward compatibility was attempted on non supported HW"), /GeForce/, /older/],
      [unexpected("Error 100: no CUDA-capable device is detected"), /no card/, /nvidia-smi/],
      ["RuntimeError: No CUDA GPUs are available", /no card/, /nvidia-smi/],
      [
        "UserWarning: CUDA initialization: Error 803: system has unsupported display driver / cuda driver combination\nRuntimeError: No CUDA GPUs are available",
        /does not match/,
        /restart the node/,
      ],
      [
        "RuntimeError: Found no NVIDIA driver on your system. Please check that you have an NVIDIA GPU and installed a driver from http://www.nvidia.com/Download/index.aspx",
        /given no NVIDIA driver/,
        /gpuNode\.runtimeClass/,
      ],
      [
        "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment",
        /for any program/,
        /Restart the node/,
      ],
      [
        "nvidia-container-cli: initialization error: nvml error: driver/library version mismatch: unknown",
        /different versions/,
        /Restart the node/,
      ],
      ["Failed to initialize NVML: Driver/library version mismatch", /different versions/, /Restart/],
      ["CUDA error: no kernel image is available for execution on the device", /compute capability/, /image/],
    ];
    for (const [text, meaning, fix] of found) {
      const recognise = text.startsWith("nvidia-container-cli: ") ? recogniseTold : recognisePrinted;
      const known = recognise(text, "smoke-test");
      assert.match(known?.meaning ?? "", meaning, text);
      assert.match(known?.fix ?? "", fix, text);
    }
  });

  it("mean by container what only one of them can mean", () => {
    const full = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 16.00 KiB.";
    assert.match(recognisePrinted(full, "smoke-test")?.meaning ?? "", /another program holds/);
    assert.match(recognisePrinted(full, "vllm")?.fix ?? "", /Lower maxNumSeqs/);
    const hang = 'Timeout (0:02:00)!\nThread 0x00007f (most recent call first):\n  File "<string>", line 20';
    assert.match(recognisePrinted(hang, "smoke-test")?.meaning ?? "", /no answer within the limit/);
    assert.equal(recognisePrinted(hang, "vllm"), undefined);
    for (const lacking of [
      "ModuleNotFoundError: No module named 'torch'",
      'exec: "python3": executable file not found in $PATH',
    ]) {
      assert.match(recognisePrinted(lacking, "smoke-test")?.fix ?? "", /smokeTest to false/);
    }
  });

  it("are what the server's supervisor prints, and an image by which neither can be started", () => {
    const table: [text: string, meaning: RegExp][] = [
      ["vllm-platform: the engine has died: its process 7 has ended", /engine died while it served/],
      ["vllm-platform: the server ended by itself, as it does when its engine has died", /engine died/],
      ["vllm-platform: the engine is stuck: for 46 s it has not gone on with any request", /engine hung/],
      [
        "vllm-platform: the server cannot be started: vllm: No such file or directory",
        /lacks python3 or vLLM/,
      ],
      [
        "/usr/bin/python3: Error while finding module specification (No module named 'vllm')",
        /lacks python3 or vLLM/,
      ],
      ['exec: "python3": executable file not found in $PATH', /lacks python3 or vLLM/],
    ];
    for (const [text, meaning] of table) {
      assert.match(recognisePrinted(text, "vllm")?.meaning ?? "", meaning, text);
    }
  });
});
