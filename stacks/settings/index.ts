// Everything that a stack can be told. Each key's text here is also its entry in docs/configuration.md and the editor's help.

import { z } from "zod";
import { drift } from "./drift.ts";
import {
  adoptableObject,
  commitHash,
  dnsName,
  explain,
  flag,
  group,
  label,
  list,
  number,
  repositoryId,
  secretKey,
  text,
  wholeNumber,
} from "./fields.ts";
import { memoryOverheads } from "./memory.ts";
import { access, fallback, gateway, route } from "./network.ts";
import { cache, cluster, gpuNode } from "./node.ts";
import { ollama } from "./ollama.ts";
import { image, modelNumbers, resources, security, smokeTestLimitSeconds } from "./server.ts";

/** The keys whose value is a Pulumi secret. Their plain value is never part of the settings. */
export const secretNames = ["huggingFaceToken", "sshKey"] as const;
export type SecretName = (typeof secretNames)[number];

/** What a secret's value must look like. */
export interface SecretForm {
  pattern: RegExp;
  /** What is allowed, in plain words. */
  allowed: string;
  /** How a value of several lines is handed over; absent where it is one word. */
  fromFile?: string;
}

export const secretForms: Readonly<Record<SecretName, SecretForm>> = {
  huggingFaceToken: { pattern: /^\S+$/, allowed: "must be one word without blanks and line breaks" },
  sshKey: {
    pattern: /^-----BEGIN [A-Z ]*PRIVATE KEY-----\r?\n[\s\S]+\n-----END [A-Z ]*PRIVATE KEY-----\s*$/,
    allowed: "must be a private key as its file holds it, with all lines from BEGIN to END",
    fromFile: " < ~/.ssh/<key file>",
  },
};

/** Stands for an encrypted value, as the files hold it; validate.ts sees to it that it holds nothing of the value. */
const secret = z.strictObject({ secure: z.string() });

const huggingFaceSecret = group({
  name: explain(dnsName, "Name of the Secret, in namespace `ml`.", { example: "hugging-face" }),
  key: explain(secretKey.default("token"), "Key within the Secret.", { example: "token" }),
});

const exampleCommit = "0123456789abcdef0123456789abcdef01234567";

/**
 * By key of the namespace `vllm-platform`. What all modes share stands in `Pulumi.yaml`, what one mode is in
 * `Pulumi.<mode>.yaml`; a key in the mode's file wins, and replaces a shared group as a whole.
 */
export const settingsSchema = z.strictObject({
  serve: explain(flag().default(true), "`false` scales the server to 0 and leaves the GPU free.", {
    example: false,
  }),
  model: explain(
    repositoryId.optional(),
    "Hugging Face id of the model that this mode serves. Needed unless `serve` is `false`.",
    {
      example: "Qwen/Qwen2.5-7B-Instruct-AWQ",
    },
  ),
  revision: explain(
    commitHash.optional(),
    "Commit of the model's repository to load, which pins weights and tokenizer. Unset: its newest state at the first download.",
    { example: exampleCommit },
  ),
  tokenizerRevision: explain(
    commitHash.optional(),
    "Commit of the tokenizer's repository, where that is another one than the model's. Unset: its newest state at the first download.",
    { example: exampleCommit },
  ),
  maxModelLen: explain(
    wholeNumber(256, 1_048_576).default(8192),
    "Longest context in tokens, prompt and answer together.",
    { example: 8192 },
  ),
  gpuMemoryUtilization: explain(
    number(0.1, 0.98).default(0.9),
    "Share of the card's memory that the server may take.",
    { example: 0.9 },
  ),
  maxNumSeqs: explain(
    wholeNumber(1, 1024).default(16),
    "Requests worked on at once; bounds the memory of the sampler.",
    { example: 16 },
  ),
  enforceEager: explain(
    flag().default(true),
    "Run without CUDA graphs: less memory, faster start, somewhat fewer tokens per second.",
    { example: false },
  ),
  reasoningParser: explain(
    flag().default(false),
    "Split the chain of thought from the answer. Off: clients see `<think>` in the content.",
    { example: true },
  ),
  extraArguments: explain(
    list(text(), "arguments").default([]),
    "Further arguments of the server, one word each. Refused is one that the platform sets, that this version of the engine does not have, or that ends the server or turns its API off.",
    { example: ["--enable-prefix-caching"] },
  ),
  replicas: explain(
    wholeNumber(1, 8).default(1),
    "Servers at once, each with a card of its own. Excludes `serve: false`.",
    { example: 1 },
  ),
  apiKey: explain(
    flag().default(false),
    "Ask clients for a key, which is generated once and kept in the cluster.",
    { example: true },
  ),
  defaultMode: explain(
    label.default("ml"),
    "Mode whose pod template a mode that does not serve keeps ready.",
    {
      example: "ml",
    },
  ),
  adopt: explain(
    list(adoptableObject, "objects as Kind/name").default([]),
    "Objects of other managers that may be taken over, each as Kind/name.",
    { example: ["Middleware/vllm-access"] },
  ),
  huggingFaceToken: explain(
    secret.optional(),
    "Token for models that Hugging Face gives only to those who agreed to terms. A Pulumi secret. Excludes `huggingFaceSecret`. Unset: none.",
  ),
  sshKey: explain(
    secret.optional(),
    "Private key of the user of `gpuNode.ssh`, without a passphrase. A Pulumi secret, set by `npm run set-secret -- sshKey < <key file>`. Excludes `gpuNode.ssh.keyFile` and `gpuNode.ssh.agent`. Unset: none.",
  ),
  modelNumbers: explain(
    modelNumbers.optional(),
    "Numbers of a model that is in no catalogue; all are needed but `attention`, `quantization`, `tokenizer` and `reasoningParser`.",
  ),
  memoryOverheads: explain(
    memoryOverheads.prefault({}),
    "What the memory gate takes the server to need on the card besides weights and KV cache.",
  ),
  smokeTest: explain(
    flag().default(false),
    `Test CUDA in the server's image on the GPU before each start of its pod, by an init container that needs \`python3\` and PyTorch in the image. A test that fails, or takes over ${smokeTestLimitSeconds / 60} minutes, ends \`up\` with the reason.`,
    { example: true },
  ),
  image: explain(image.prefault({}), "Container image of the server."),
  resources: explain(resources.prefault({}), "What the server may use of the node."),
  security: explain(security.prefault({}), "How the container runs."),
  cluster: explain(cluster.prefault({}), "Which cluster the objects are declared in."),
  gpuNode: explain(gpuNode, "How the GPU node is recognised, and what its card offers."),
  cache: explain(cache.prefault({}), "Where model files are kept: a folder of the node, or a volume."),
  route: explain(route.prefault({}), "The public route."),
  gateway: explain(
    gateway.prefault({}),
    "One way in for clients that need no fallback of their own. Unset: there is none.",
  ),
  ollama: explain(ollama.prefault({}), "An Ollama of the platform's own, for who has none."),
  access: explain(access.prefault({}), "Who may connect inside the cluster."),
  fallback: explain(fallback.prefault({}), "Where clients go while the GPU is away."),
  drift: explain(drift.prefault({}), "What `gpu-mode drift` says of the live platform."),
  huggingFaceSecret: explain(
    huggingFaceSecret.optional(),
    "Token for Hugging Face from a Secret that is already in the cluster, instead of `huggingFaceToken`. Unset: none.",
  ),
});

export type Settings = z.infer<typeof settingsSchema>;
