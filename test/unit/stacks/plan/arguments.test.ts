// Does not prove that an engine takes these arguments: no vLLM runs here. The versions' limits are cited in the code.
import assert from "node:assert/strict";
import { findModel } from "../../../../stacks/catalogue/models.ts";
import { serverArguments, serverCommand } from "../../../../stacks/plan/arguments.ts";
import { argumentFaults, versionFaults } from "../../../../stacks/resolve/extra-arguments.ts";
import { modelOf } from "../../../../stacks/resolve/model.ts";
import { compareVersions, parseVersion, versionText } from "../../../../stacks/vocabulary/version.ts";
import { refusalOf, servedModel, settingsOf, someNumbers } from "../support.ts";

const r1 = "casperhansen/deepseek-r1-distill-qwen-7b-awq";

function argumentsFor(tag: string, values: Record<string, unknown> = {}): string[] {
  const settings = settingsOf({ model: r1, reasoningParser: true, image: { tag }, ...values });
  const [model, version] = [modelOf(settings), parseVersion(tag)];
  assert.ok(model !== undefined && version !== undefined);
  return serverArguments(settings, model, version);
}

/** How many faults these settings have. */
function refusals(values: Record<string, unknown>): number {
  try {
    settingsOf(values);
    return 0;
  } catch {
    return refusalOf(() => settingsOf(values)).length;
  }
}

const shared = [
  "--tokenizer deepseek-ai/DeepSeek-R1-Distill-Qwen-7B --load-format safetensors",
  `--served-model-name ${r1} default`,
  "--quantization awq_marlin --gpu-memory-utilization 0.90 --max-model-len 8192 --max-num-seqs 16 --enforce-eager",
].join(" ");
const address = "--host 0.0.0.0 --port 8000 --allowed-origins []";
const quiet = "--disable-access-log-for-endpoints /health,/metrics";

describe("the server's arguments", () => {
  const table: [tag: string, model: string, reasoning: string, rest: string][] = [
    ["v0.7.1", `--model ${r1}`, "--enable-reasoning --reasoning-parser deepseek_r1", ""],
    ["v0.8.5", `--model ${r1}`, "--enable-reasoning --reasoning-parser deepseek_r1", ""],
    ["v0.8.5.post1", `--model ${r1}`, "--enable-reasoning --reasoning-parser deepseek_r1", ""],
    ["v0.9.0", `--model ${r1}`, "--reasoning-parser deepseek_r1", ""],
    ["v0.10.0", `--model ${r1}`, "--reasoning-parser deepseek_r1", ""],
    ["v0.11.0", `--model ${r1}`, "--reasoning-parser deepseek_r1", ""],
    ["v0.11.1", r1, "--reasoning-parser deepseek_r1", ""],
    ["v0.15.1", r1, "--reasoning-parser deepseek_r1", ""],
    ["v0.16.0", r1, "--reasoning-parser deepseek_r1", ` ${quiet}`],
    ["v0.18.0", r1, "--reasoning-parser deepseek_r1", ` ${quiet}`],
    ["v0.19.1", r1, "--reasoning-parser deepseek_r1", ` ${quiet}`],
    ["v0.20.0-cu129", r1, "--reasoning-parser deepseek_r1", ` ${quiet}`],
    ["v0.31.0", r1, "--reasoning-parser deepseek_r1", ` ${quiet}`],
  ];
  for (const [tag, model, reasoning, rest] of table) {
    it(`are those of ${tag}, and follow the command that takes the model so`, () => {
      assert.equal(argumentsFor(tag).join(" "), `${model} ${shared} ${reasoning} ${address}${rest}`);
      assert.deepEqual(
        serverCommand(parseVersion(tag) ?? assert.fail()),
        model === r1 ? ["vllm", "serve"] : ["python3", "-m", "vllm.entrypoints.openai.api_server"],
      );
    });
  }

  it("have the newer parser of a model where the engine has it", () => {
    const parser = (tag: string) => {
      const words = argumentsFor(tag, { model: "Qwen/Qwen3-8B-AWQ" });
      return words[words.indexOf("--reasoning-parser") + 1];
    };
    assert.deepEqual(["v0.8.5.post1", "v0.9.0", "v0.33.0"].map(parser), ["deepseek_r1", "qwen3", "qwen3"]);
  });

  it("give the share of the card's memory as it was set, without rounding", () => {
    for (const [value, text] of [
      [0.9, "0.90"],
      [0.925, "0.925"],
      ["0.5", "0.50"],
    ] as const) {
      const words = argumentsFor("v0.8.5", { gpuMemoryUtilization: value });
      assert.equal(words[words.indexOf("--gpu-memory-utilization") + 1], text);
    }
  });

  it("pin the model, and never look for another repository's tokenizer under the model's commit", () => {
    const [one, other] = ["1".repeat(40), "2".repeat(40)];
    const pinned = (values: object, of = r1) =>
      argumentsFor("v0.8.5", { model: of, reasoningParser: false, ...values })
        .join(" ")
        .match(/--(tokenizer-)?revision \S+/g) ?? [];
    assert.deepEqual(pinned({}), []);
    assert.deepEqual(pinned({ revision: one }), [`--revision ${one}`, "--tokenizer-revision main"]);
    assert.deepEqual(pinned({ revision: one, tokenizerRevision: other }), [
      `--revision ${one}`,
      `--tokenizer-revision ${other}`,
    ]);
    assert.deepEqual(pinned({ tokenizerRevision: other }), [`--tokenizer-revision ${other}`]);
    assert.deepEqual(pinned({ revision: one }, servedModel), [
      `--revision ${one}`,
      `--tokenizer-revision ${one}`,
    ]);
  });

  it("read no pickles where the files are known to be none, unless the user's own say otherwise", () => {
    const format = (extraArguments: string[]) => {
      const words = argumentsFor("v0.8.5", { extraArguments }).join(" ");
      return words.match(/--load.format.\S+/g);
    };
    assert.deepEqual(format([]), ["--load-format safetensors"]);
    assert.deepEqual(format(["--enable-prefix-caching"]), ["--load-format safetensors"]);
    assert.deepEqual(format(["--load-format", "runai_streamer"]), ["--load-format runai_streamer"]);
    assert.deepEqual(format(["--load_format=auto"]), ["--load_format=auto"]);
  });

  it("let scripts of no website in but of those that are named", () => {
    const allowedOrigins = ["https://chat.home.example.org", "http://localhost:3000"];
    const words = argumentsFor("v0.8.5", { route: { allowedOrigins } });
    assert.equal(
      words[words.indexOf("--allowed-origins") + 1],
      '["https://chat.home.example.org","http://localhost:3000"]',
    );
    for (const origin of [
      "chat.example.org",
      "https://a.example.org/",
      "https://a.example.org/x",
      "https://A.example.org",
      "file:///x",
    ]) {
      assert.match(
        refusalOf(() => settingsOf({ route: { allowedOrigins: [origin] } })).join(),
        /route\.allowedOrigins\.0 .*must be a website's origin such as https:\/\/chat\.home\.example\.org/,
      );
    }
  });

  it("end with the user's own", () => {
    assert.deepEqual(
      argumentsFor("v0.8.5", { extraArguments: ["--trust-remote-code", "--seed", "-1"] }).slice(-3),
      ["--trust-remote-code", "--seed", "-1"],
    );
  });

  it("follow the numbers of a model that is in no catalogue", () => {
    const settings = settingsOf({
      model: "me/mine",
      modelNumbers: { ...someNumbers, weightBytes: 1_000_000_000, tokenizer: "me/words" },
    });
    const model = modelOf(settings);
    assert.equal(model?.weightBytes, 1_000_000_000);
    assert.equal(findModel("me/mine"), undefined);
    const words = serverArguments(settings, model ?? assert.fail(), parseVersion("0.8.5") ?? assert.fail());
    assert.deepEqual(words.slice(0, 4), ["--model", "me/mine", "--tokenizer", "me/words"]);
    assert.ok(!words.includes("--load-format"));
    assert.ok(!words.includes("--quantization"));
  });
});

describe("the user's own arguments", () => {
  const governed: [word: string, setBy: string][] = [
    ["--model", "setting model"],
    ["--served-model-name", "platform"],
    ["--served_model_name=x", "platform"],
    ["--tokenizer=x", "modelNumbers.tokenizer"],
    ["--revision", "setting revision"],
    ["--tokenizer_revision=x", "tokenizerRevision"],
    ["--quantization", "modelNumbers.quantization"],
    ["-q", "modelNumbers.quantization"],
    ["-qawq", "modelNumbers.quantization"],
    ["--gpu-memory-utilization=0.5", "gpuMemoryUtilization"],
    ["--gpu_memory_utilization", "gpuMemoryUtilization"],
    ["--gpu-memory-util", "gpuMemoryUtilization"],
    ["--max-model-len", "maxModelLen"],
    ["--max_model_len=4", "maxModelLen"],
    ["--max-num-seqs", "maxNumSeqs"],
    ["--enforce-eager", "enforceEager"],
    ["--no-enforce-eager", "enforceEager"],
    ["--reasoning-parser", "reasoningParser"],
    ["--enable-reasoning", "reasoningParser"],
    ["--host", "platform"],
    ["--port=1", "platform"],
    ["--uds", "platform"],
    ["--allowed-origins=*", "route.allowedOrigins"],
    ["--shutdown-timeout", "platform"],
    ["--disable-access-log-for-endpoints", "platform"],
    ["--api-key", "apiKey, as a secret may never stand in a command line"],
    ["--api_key=x", "apiKey, as a secret may never stand in a command line"],
    ["--hf-token", "huggingFaceToken, as a secret may never stand in a command line"],
    ["--api-key sk-1", "apiKey, as a secret may never stand in a command line"],
    ["--port 9", "platform"],
    ["--ssl-keyfile", "platform"],
    ["--ssl_certfile=x", "platform"],
    ["--root-path", "platform"],
    ["--data-parallel-size=2", "platform"],
    ["-dp", "platform"],
    ["--nnodes", "platform"],
    ["--num-gpu-blocks-override", "platform"],
  ];
  for (const [word, setBy] of governed) {
    it(`may not have ${word}`, () => {
      const [fault, ...others] = argumentFaults(["--seed", "1", word]);
      assert.equal(fault?.index, 2);
      assert.match(fault?.problem ?? "", new RegExp(`^is set by the .*${setBy}`));
      assert.deepEqual(others, []);
    });
  }

  it("may not turn the server into something else, or end it", () => {
    const unusable = [
      ["--config", "/x.yaml"],
      ["--config=/x.yaml"],
      ["--headless"],
      ["--help"],
      ["-h"],
      ["--version"],
      ["--middleware", "my.module"],
      ["--task", "embed"],
      ["--task=score"],
      ["--runner", "pooling"],
      ["--convert=embed"],
    ];
    for (const words of unusable) {
      assert.deepEqual(
        argumentFaults(words).map(({ index, fix }) => [index, fix]),
        [[0, "Remove it"]],
        words.join(" "),
      );
    }
    for (const words of [["--task", "generate"], ["--runner=auto"], ["--config-format", "mistral"]]) {
      assert.deepEqual(argumentFaults(words), [], words.join(" "));
    }
  });

  it("may not be a flag with a blank in it, and its value is not shown", () => {
    assert.match(argumentFaults(["--seed 1"])[0]?.problem ?? "", /one word with a blank/);
    assert.deepEqual(argumentFaults(['--hf-overrides={"a": 1}', "--chat-template", "a b"]), []);
    const [line = ""] = refusalOf(() => settingsOf({ extraArguments: ["--api_key sk-1"] }));
    assert.match(
      line,
      /^Pulumi\.ml\.yaml: extraArguments\.0 \(found: "--api_key"\): is set by the setting apiKey/,
    );
    assert.doesNotMatch(line, /sk-1/);
  });

  it("may not be a flag that this engine does not have", () => {
    const table: [tag: string, word: string, said: RegExp | undefined][] = [
      ["v0.8.5.post1", "--swap-space", undefined],
      ["v0.18.0", "--swap_space=4", /^vLLM 0\.18\.0 has no --swap-space any more; it went with 0\.18\.0$/],
      // As the parser takes it; shorter, it is a beginning of flags that are there.
      ["v0.18.0", "--swap", /^vLLM 0\.18\.0 has no --swap-space any more/],
      ["v0.17.0", "--disable-log-req", /has no --disable-log-requests any more/],
      ["v0.17.0", "--disable-log", undefined],
      ["v0.8.5", "--speculative", undefined],
      [
        "v0.8.5.post1",
        "--kv-offloading-size",
        /^vLLM 0\.8\.5\.post1 has no --kv-offloading-size yet; it came with 0\.11\.1$/,
      ],
      ["v0.11.1", "--kv-offloading-size", undefined],
      ["v0.8.3", "--speculative-model", undefined],
      ["v0.8.4", "--speculative-model", /went with 0\.8\.4/],
      ["v0.12.0", "--guided-decoding-backend", /went with 0\.12\.0/],
      ["v0.33.0", "--enable-prefix-caching", undefined],
    ];
    for (const [tag, word, said] of table) {
      const [fault] = versionFaults([word, "1"], parseVersion(tag) ?? assert.fail());
      if (said === undefined) {
        assert.equal(fault, undefined, `${tag} ${word}`);
      } else {
        assert.match(fault?.problem ?? "", said);
      }
    }
    assert.match(
      refusalOf(() =>
        settingsOf({ image: { tag: "v0.12.0" }, extraArguments: ["--guided-decoding-backend", "auto"] }),
      ).join(),
      /Remove it, or use --structured-outputs-config\.$/,
    );
    assert.equal(refusals({ image: { tag: "v0.13.0" }, extraArguments: ["--task", "embed"] }), 1);
    const quiet = (tag: string) =>
      refusalOf(() =>
        settingsOf({ image: { tag }, extraArguments: ["--disable-access-log-for-endpoints=/x"] }),
      );
    const [old = "", ...others] = quiet("v0.15.1");
    assert.match(
      old,
      /: vLLM 0\.15\.1 has no --disable-access-log-for-endpoints yet; it came with 0\.16\.0\./,
    );
    assert.deepEqual(others, []);
    assert.match(quiet("v0.16.0").join(), /is set by the platform, which keeps the probes out of the log/);
  });

  it("may not want more cards than the server gets, and the server gets one", () => {
    for (const words of [["-tp", "2"], ["-tp=2"], ["--tensor_parallel_size=4"], ["-pp", "2"]]) {
      assert.equal(refusals({ extraArguments: words }), 1, words.join(" "));
    }
    assert.equal(refusals({ extraArguments: ["-tp", "1"] }), 0);
    assert.deepEqual(
      refusalOf(() => settingsOf({ resources: { gpus: 2 } })),
      [
        "Pulumi.ml.yaml: resources.gpus (found: 2): a server can use one card; it would hold the others and leave them idle. Set it to 1; `replicas` gives each of several servers a card of its own.",
      ],
    );
  });

  it("may be anything else", () => {
    const words =
      "--trust-remote-code --tokenizer-mode auto --lora-modules a=b c=d --seed -1 -tp 1 --kv-cache-dtype=fp8";
    assert.deepEqual(argumentFaults(words.split(" ")), []);
  });

  it("may not be a model by place", () => {
    for (const words of [["me/mine"], ["--kv-cache-dtype=fp8", "me/mine"], ["--seed", "--", "x"]]) {
      assert.match(
        argumentFaults(words)[0]?.problem ?? "",
        /^belongs to no flag, and the server would take it/,
      );
    }
  });

  it("are told with the setting that decides instead", () => {
    assert.deepEqual(
      refusalOf(() => settingsOf({ extraArguments: ["--max_model_len=4096"] })),
      [
        'Pulumi.ml.yaml: extraArguments.0 (found: "--max_model_len"): is set by the setting maxModelLen. Remove it and set maxModelLen.',
      ],
    );
  });
});

describe("versions of the engine", () => {
  it("are read from tags as vLLM writes them", () => {
    const table: [tag: string, text: string | undefined][] = [
      ["v0.8.5", "0.8.5"],
      ["0.8.5", "0.8.5"],
      ["v0.8.5.post1", "0.8.5.post1"],
      ["v0.10.1.1", "0.10.1.1"],
      ["v0.20.0-cu129", "0.20.0"],
      ["v0.20.0-x86_64-cu129", "0.20.0"],
      ["v0.11.0rc2", "0.11.0rc2"],
      ["latest", undefined],
      ["nightly-0123abc", undefined],
      ["", undefined],
    ];
    for (const [tag, text] of table) {
      const version = parseVersion(tag);
      assert.equal(version === undefined ? undefined : versionText(version), text, tag);
    }
  });

  it("are ordered by number, a later packaging after the first and a candidate before it", () => {
    const ordered = [
      "0.5.5",
      "0.8.5rc1",
      "0.8.5",
      "0.8.5.post1",
      "0.9.0",
      "0.10.0",
      "0.10.1.1",
      "0.10.2",
      "1.0.0",
    ];
    const versions = ordered.map((text) => parseVersion(text) ?? assert.fail(text));
    assert.deepEqual(versions.toReversed().sort(compareVersions).map(versionText), ordered);
  });
});
