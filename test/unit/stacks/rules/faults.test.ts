// Does not prove that the engine hands values over as these tests do; the engine's tests run the real files.
import assert from "node:assert/strict";
import { models } from "../../../../stacks/catalogue/models.ts";
import { readModeTexts } from "../../../../stacks/files/index.ts";
import { planWith } from "../../../../stacks/index.ts";
import { refusalOf, servedModel, settingsOf, someNumbers } from "../support.ts";

/** Settings beside a known model, and all that is said of them. */
const wantsHost =
  "must be the DNS name of a host, without https:// and port: lower-case letters, digits, '-' and '.', at most 63 between two dots and 253 in all, and no address. Write it like `host: vllm.home.example.org`; docs/configuration.md lists what is allowed.";

const table: [about: string, values: Record<string, unknown>, faults: string[]][] = [
  [
    "an unknown key that resembles a known one",
    { maxModelLenn: 4096 },
    ["maxModelLenn (found: 4096): there is no such setting. Write maxModelLen, if that is meant."],
  ],
  [
    "an unknown key that resembles none",
    { cache: { quota: 4 } },
    ["cache.quota (found: 4): there is no such setting. Remove it; here there are hostPath, claim."],
  ],
  [
    "a number that is a word",
    { maxModelLen: "8k" },
    [
      'maxModelLen (found: "8k"): must be a whole number from 256 to 1048576. Write it like `vllm-platform:maxModelLen: 8192`, or remove it for the default `8192`.',
    ],
  ],
  [
    "a number out of range",
    { gpuMemoryUtilization: 1.5 },
    [
      "gpuMemoryUtilization (found: 1.5): must be a number from 0.1 to 0.98. Write it like `vllm-platform:gpuMemoryUtilization: 0.9`, or remove it for the default `0.9`.",
    ],
  ],
  [
    "a fraction where a whole number is wanted",
    { maxNumSeqs: 1.5 },
    [
      "maxNumSeqs (found: 1.5): must be a whole number from 1 to 1024. Write it like `vllm-platform:maxNumSeqs: 16`, or remove it for the default `16`.",
    ],
  ],
  [
    "a switch that is a word",
    { enforceEager: "yes" },
    [
      'enforceEager (found: "yes"): must be true or false. Write it like `vllm-platform:enforceEager: false`, or remove it for the default `true`.',
    ],
  ],
  [
    "a value for a group",
    { route: "off" },
    [
      'route (found: "off"): must be a group of settings: enabled, host, issuer, certificate, allowedRanges, pathPrefixes, paths, allowedOrigins. Correct it; docs/configuration.md lists what is allowed.',
    ],
  ],
  [
    "a value for a list",
    { extraArguments: "--x" },
    [
      'extraArguments (found: "--x"): must be a list of arguments. Write it like `vllm-platform:extraArguments: [--enable-prefix-caching]`, or remove it for the default `[]`.',
    ],
  ],
  [
    "a word that is none of the allowed",
    { image: { pullPolicy: "always" } },
    [
      'image.pullPolicy (found: "always"): must be one of Always, IfNotPresent, Never. Write it like `pullPolicy: IfNotPresent`, or remove it for the default `IfNotPresent`.',
    ],
  ],
  [
    "names that Kubernetes refuses",
    { access: { namespaces: ["Docs"] }, route: { issuer: "-x" }, gpuNode: { selector: { "a b": "1" } } },
    [
      'gpuNode.selector.a b (found: "1"): must be a label\'s name, such as nvidia.com/gpu. Write it like `selector: {nvidia.com/gpu: "true"}`, or remove it for the default `nvidia.com/gpu: "true"`.',
      "route.issuer (found: \"-x\"): must be a DNS name: at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends. Write it like `issuer: letsencrypt-prod`, or remove it for the default `letsencrypt-prod`.",
      "access.namespaces.0 (found: \"Docs\"): must be a Kubernetes name: at most 63 lower-case letters, digits and '-', with a letter or digit at both ends. Write it like `namespaces: [apps, docs, monitoring]`, or remove it for the default `[]`.",
    ],
  ],
  [
    "a taint that no node can have",
    { gpuNode: { taint: { key: "gpu only" } } },
    [
      'gpuNode.taint.key (found: "gpu only"): must be a taint\'s key, such as nvidia.com/gpu. Write it like `key: gpu`, or remove it for the default `gpu`.',
    ],
  ],
  [
    "quantities",
    { resources: { cpuLimit: "4 cores", memoryLimit: "16GB", sharedMemory: "0" } },
    [
      'resources.cpuLimit (found: "4 cores"): must be an amount of CPU above 0, such as 500m or 4. Write it like `cpuLimit: "4"`, or remove it for the default `"4"`.',
      'resources.memoryLimit (found: "16GB"): must be an amount of bytes of at least 1Mi, such as 512Mi or 16Gi. Write it like `memoryLimit: 16Gi`, or remove it for the default `16Gi`.',
      'resources.sharedMemory (found: "0"): must be an amount of bytes of at least 1Mi, such as 512Mi or 16Gi. Write it like `sharedMemory: 1Gi`, or remove it for the default `1Gi`.',
    ],
  ],
  [
    "durations",
    { route: { certificate: { duration: "90d" } } },
    [
      'route.certificate.duration (found: "90d"): must be a duration in hours, minutes and seconds of at least 1h, such as 720h or 1h30m. Write it like `duration: 2160h`, or remove it for the default `2160h`.',
    ],
  ],
  [
    "a renewal that comes too late",
    { route: { certificate: { duration: "24h", renewBefore: "1440m" } } },
    [
      'route.certificate.renewBefore (found: "1440m"): must be shorter than route.certificate.duration, which is 24h. Lower it, or raise the duration.',
    ],
  ],
  [
    "address ranges",
    { route: { allowedRanges: ["192.168.0.0"] } },
    [
      'route.allowedRanges.0 (found: "192.168.0.0"): must be an address range such as 192.168.0.0/16 or fd00::/8. Write it like `allowedRanges: [192.168.0.0/16]`, or remove it for the default `[10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, fc00::/7]`.',
    ],
  ],
  [
    "a route that lets nothing in",
    { route: { paths: [], pathPrefixes: [] } },
    [
      "route.paths (found: []): with no path in route.paths and none in route.pathPrefixes the route lets nothing in. Name a path, or set route.enabled to false.",
    ],
  ],
  [
    "a path that would end the rule it is quoted in",
    { route: { paths: ["/a`b"] } },
    [
      "route.paths.0 (found: \"/a`b\"): must be the path of a URL, starting with '/' and without blanks, '`', '?' and '#'. Write it like `paths: [/health]`, or remove it for the default `[/docs, /openapi.json, /health]`.",
    ],
  ],
  [
    "an object to adopt that is none of the platform's",
    { adopt: ["Secret/vllm-tls", "Deployment/vllm-server", "Foo/bar"] },
    [
      'adopt.2 (found: "Foo/bar"): must be one of Namespace/ml, ConfigMap/gpu-mode, Deployment/vllm-server, Service/vllm-api, PodDisruptionBudget/vllm-pdb, NetworkPolicy/vllm-server, ConfigMap/llm-fallback-config, Certificate/vllm-tls, IngressRoute/vllm-https, IngressRoute/vllm-redirect, Middleware/vllm-access, Middleware/vllm-https-redirect, PersistentVolumeClaim/vllm-model-cache, Secret/vllm-api-key, Secret/vllm-hugging-face, Secret/vllm-tls. Write it like `vllm-platform:adopt: [Middleware/vllm-access]`, or remove it for the default `[]`.',
    ],
  ],
  [
    "requests above their limits",
    { resources: { cpuRequest: "4500m", memoryRequest: "17Gi", sharedMemory: "20G" } },
    [
      'resources.cpuRequest (found: "4500m"): is above resources.cpuLimit, which is 4. Lower it to 4 or less, or raise cpuLimit.',
      'resources.memoryRequest (found: "17Gi"): is above resources.memoryLimit, which is 16Gi. Lower it to 16Gi or less, or raise memoryLimit.',
      'resources.sharedMemory (found: "20G"): is above resources.memoryLimit, which is 16Gi. Lower it to 16Gi or less, or raise memoryLimit.',
    ],
  ],
  [
    "less disk than any start takes",
    { resources: { ephemeralStorage: "512Mi" } },
    [
      'resources.ephemeralStorage (found: "512Mi"): is below 1Gi, which a start takes. Raise it to 1Gi or more.',
    ],
  ],
  [
    "two places for the model's files",
    { cache: { hostPath: "/models", claim: { size: "20Gi" } } },
    [
      'cache.claim (found: {"size":"20Gi"}): excludes cache.hostPath, and both are set. Remove one of the two.',
    ],
  ],
  [
    "an image whose name tells nothing",
    { image: { tag: "nightly" } },
    [
      "image.version: is needed, as the name vllm/vllm-openai:nightly does not tell which vLLM is in it. Write it like `version: 0.8.5`, or take a version of vllm/vllm-openai.",
      'image.cuda: is needed, as the name vllm/vllm-openai:nightly does not tell which CUDA it was built with. Write it like `cuda: "12.4"`, or take a version of vllm/vllm-openai.',
    ],
  ],
  [
    "an image of another repository without its numbers",
    { image: { repository: "ghcr.io/me/vllm", cuda: 12.4 } },
    [
      "image.version: is needed, as the name ghcr.io/me/vllm:v0.8.5.post1 does not tell which vLLM is in it. Write it like `version: 0.8.5`, or take a version of vllm/vllm-openai.",
    ],
  ],
  [
    "a version that contradicts the tag",
    { image: { tag: "v0.9.0", version: "0.8.5" } },
    ['image.version (found: "0.8.5"): contradicts the tag v0.9.0. Remove it; the tag tells the version.'],
  ],
  [
    "a CUDA that contradicts the tag",
    { image: { tag: "v0.8.4", cuda: "12.2" } },
    [
      'image.cuda (found: "12.2"): contradicts the tag v0.8.4, whose image has CUDA 12.4. Remove it; the tag tells the CUDA.',
    ],
  ],
  [
    "a CUDA that the driver's branch does not bring",
    { gpuNode: { driver: { version: "535.274.02", cuda: "13.0" } } },
    [
      'gpuNode.driver.cuda (found: "13.0"): contradicts gpuNode.driver.version: branch 535 brings CUDA 12.2. Remove it, or write both as nvidia-smi on the node shows them.',
    ],
  ],
  [
    "a tag that there is not",
    { image: { tag: "v0.8.5.post9" } },
    [
      'image.tag (found: "v0.8.5.post9"): there is no such release of vLLM. Write v0.8.5.post1, if that is meant; an image of your own needs another repository\'s name, image.version and image.cuda.',
    ],
  ],
  [
    "a tag without its v",
    { image: { tag: "0.8.5.post1" } },
    [
      "image.tag (found: \"0.8.5.post1\"): vLLM's tags begin with v. Write v0.8.5.post1, if that is meant; an image of your own needs another repository's name, image.version and image.cuda.",
    ],
  ],
  [
    "an engine older than the arguments are known of",
    { image: { tag: "v0.4.2" } },
    ['image.tag (found: "v0.4.2"): the arguments of vLLM 0.4.2 are not known here. Take 0.5.5 or newer.'],
  ],
  [
    "a host that is only this machine",
    { route: { host: "localhost" } },
    [`route.host (found: "localhost"): ${wantsHost}`],
  ],
  ["a host by number", { route: { host: "1" } }, [`route.host (found: "1"): ${wantsHost}`]],
  [
    "a host by address",
    { route: { host: "192.168.1.5" } },
    [`route.host (found: "192.168.1.5"): ${wantsHost}`],
  ],
  ["a host as a URL", { route: { host: "https://x" } }, [`route.host (found: "https://x"): ${wantsHost}`]],
  [
    "a host with a label of 64 letters",
    { route: { host: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } },
    [`route.host (found: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"): ${wantsHost}`],
  ],
  [
    "certificates that cert-manager refuses",
    { route: { host: "a.b", certificate: { duration: "30m", renewBefore: "1m" } } },
    [
      'route.certificate.duration (found: "30m"): must be a duration in hours, minutes and seconds of at least 1h, such as 720h or 1h30m. Write it like `duration: 2160h`, or remove it for the default `2160h`.',
      'route.certificate.renewBefore (found: "1m"): must be a duration in hours, minutes and seconds of at least 5m, such as 720h or 1h30m. Write it like `renewBefore: 720h`, or remove it for the default `720h`.',
    ],
  ],
  [
    "an amount without its unit",
    { resources: { memoryLimit: 16 } },
    [
      "resources.memoryLimit (found: 16): must be an amount of bytes of at least 1Mi, such as 512Mi or 16Gi. Write it like `memoryLimit: 16Gi`, or remove it for the default `16Gi`.",
    ],
  ],
  [
    "a volume that its model does not fit into",
    { cache: { claim: { size: "5Gi" } } },
    [
      `cache.claim.size (found: "5Gi"): is too small for the weights of ${servedModel}, 5.19 GiB, which are downloaded into it. Write it like \`size: 50Gi\`, with room for the models of all modes.`,
    ],
  ],
  [
    "a model in other letters",
    { model: "qwen/qwen2.5-7b-instruct-awq" },
    [
      `model (found: "qwen/qwen2.5-7b-instruct-awq"): the catalogue has no numbers of this model, and modelNumbers gives none. Write ${servedModel}, if that is meant, or give its numbers as modelNumbers.`,
    ],
  ],
  [
    "a model's name misspelt",
    { model: "Qwen/Qwen2.5-7B-Instuct-AWQ" },
    [
      `model (found: "Qwen/Qwen2.5-7B-Instuct-AWQ"): the catalogue has no numbers of this model, and modelNumbers gives none. Write ${servedModel}, if that is meant, or give its numbers as modelNumbers.`,
    ],
  ],
  [
    "a model that is in no catalogue",
    { model: "nobody/knows-it" },
    [
      `model (found: "nobody/knows-it"): the catalogue has no numbers of this model, and modelNumbers gives none. Choose one of ${models.map(({ id }) => id).join(", ")}, or give its numbers as modelNumbers.`,
    ],
  ],
  [
    "numbers that are not all there",
    { model: "nobody/knows-it", modelNumbers: { ...someNumbers, layers: undefined, headSize: "wide" } },
    [
      "modelNumbers.layers: is missing; it must be a whole number from 1 to 1000. Write it like `layers: 28`; docs/configuration.md lists what is allowed.",
      'modelNumbers.headSize (found: "wide"): must be a whole number from 1 to 4096. Write it like `headSize: 128`; docs/configuration.md lists what is allowed.',
    ],
  ],
  [
    "weights that the image has no plugin for",
    {
      model: "nobody/knows-it",
      modelNumbers: { ...someNumbers, quantization: "gguf" },
      image: { tag: "v0.33.0" },
    },
    [
      'modelNumbers.quantization (found: "gguf"): the image of vLLM 0.33.0 cannot read such weights; it takes a plugin that is not in it. Take an image before 0.33.0, or weights as AWQ, GPTQ, FP8 or compressed-tensors.',
    ],
  ],
  [
    "numbers of a model that the catalogue knows",
    { modelNumbers: someNumbers },
    [
      `modelNumbers: modelNumbers is for a model that is in no catalogue, and ${servedModel} is in it. Remove modelNumbers, or name the model that it belongs to.`,
    ],
  ],
  [
    "a context that the model was not made for",
    { maxModelLen: 65536 },
    [
      `maxModelLen (found: 65536): ${servedModel} was made for at most 32768 tokens. Set it to 32768 or less.`,
    ],
  ],
  [
    "a parser for a model that does not reason",
    { reasoningParser: true },
    [
      `reasoningParser (found: true): ${servedModel} has no parser for a chain of thought. Remove it, set it only for the mode whose model reasons, or name the parser as modelNumbers.reasoningParser.`,
    ],
  ],
  [
    "a parser for an engine that has none",
    {
      model: "casperhansen/deepseek-r1-distill-qwen-7b-awq",
      reasoningParser: true,
      image: { tag: "v0.5.5" },
    },
    [
      "reasoningParser (found: true): the engine 0.5.5 cannot split a chain of thought from the answer. Remove it, or take an image from 0.7.1 on.",
    ],
  ],
];

describe("what is said of a fault", () => {
  for (const [about, values, faults] of table) {
    it(`tells ${about}`, () => {
      assert.deepEqual(
        refusalOf(() => settingsOf(values)),
        faults.map((fault) => `Pulumi.ml.yaml: ${fault}`),
      );
    });
  }

  it("does not call a model missing whose key is only misspelt", () => {
    assert.deepEqual(
      refusalOf(() => settingsOf({ model: undefined, modle: "x" })).map((line) => line.split(" (")[0]),
      ["Pulumi.ml.yaml: modle"],
    );
  });

  it("is told once, though two checks find it", () => {
    assert.equal(refusalOf(() => settingsOf({ maxModelLen: 1e20 })).length, 1);
  });

  it("is cut short where the value is long", () => {
    const [line = ""] = refusalOf(() => settingsOf({ maxModelLen: "x".repeat(1000) }));
    assert.ok(line.length < 400, line);
    assert.match(line, /x…|x …/);
  });
});

describe("what only a cluster's owner knows", () => {
  const texts = (project: string, mode: string) =>
    refusalOf(() => {
      const read = (name: string) => readModeTexts(name, project, mode);
      return planWith(read("ml"), read);
    });
  const model = `vllm-platform:model: ${servedModel}`;

  it("has no default: what is missing is told by its key, once, and where it comes from", () => {
    assert.deepEqual(texts("", `config: { ${model} }`), [
      "Pulumi.yaml: gpuNode: is missing; it must be a group of settings: name, selector, taint, runtimeClass, card, driver, toolkit, ssh. Run `gpu-mode init`, which proposes it.",
      "Pulumi.yaml: route.host: is missing; the public route and its certificate are for a host. Run `gpu-mode init`, which proposes one, or close the public route with route.enabled: false.",
    ]);
  });

  it("may be lost by a group of a mode's own, which is said", () => {
    const node =
      "{ name: nuc, card: { name: X, memoryMiB: 24576, computeCapability: 8 }, driver: { version: 1.2 } }";
    const project = `config: { vllm-platform:gpuNode: { value: ${node} }, vllm-platform:route: { value: { host: a.b } } }`;
    const own =
      "vllm-platform:gpuNode: { name: nuc, card: { name: X, memoryMiB: 0 } }, vllm-platform:route: { issuer: b }";
    const replaces = "A group in this file replaces that of Pulumi.yaml as a whole.";
    assert.deepEqual(texts(project, `config: { ${model}, ${own} }`), [
      "Pulumi.ml.yaml: gpuNode.card.memoryMiB (found: 0): must be a whole number from 1024 to 1048576. Run `gpu-mode init`, which proposes it, or write it like `memoryMiB: 12288`.",
      `Pulumi.ml.yaml: gpuNode.card.computeCapability: is missing; it must be a number from 1 to 20. Run \`gpu-mode init\`, which proposes it, or write it like \`computeCapability: 8.6\`. ${replaces}`,
      `Pulumi.ml.yaml: gpuNode.driver: is missing; it must be a group of settings: version, cuda, allowUnsupported. Run \`gpu-mode init\`, which proposes it. ${replaces}`,
      `Pulumi.ml.yaml: route.host: is missing; the public route and its certificate are for a host. Run \`gpu-mode init\`, which proposes one, or close the public route with route.enabled: false. ${replaces}`,
    ]);
  });

  it("needs no host without a route, and no word that confirms anything", () => {
    assert.equal(settingsOf({ route: { enabled: false, host: undefined } }).route.enabled, false);
    assert.deepEqual(
      refusalOf(() => settingsOf({ confirmed: ["route.host"] })),
      [
        'Pulumi.ml.yaml: confirmed (found: ["route.host"]): is not needed any more: no value of another cluster is taken for yours. Remove it.',
      ],
    );
  });
});
