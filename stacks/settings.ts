import { z } from "zod";
import {
  absolutePath,
  addressRange,
  booleanField,
  dnsName,
  label,
  numberField,
  quantity,
  structuredField,
} from "./fields.ts";

/** Which cluster the objects are declared in. */
const cluster = z.strictObject({
  kubeconfig: z.string().min(1).optional().describe("Path of the kubeconfig file; `~` is your home folder."),
  context: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Context within that kubeconfig. There is no default: the current context is never taken by itself.",
    ),
  identifier: label
    .default("home-lab")
    .describe("Name under which the state remembers this cluster. Changing it re-creates every object."),
});

/** The server's container image. */
const image = z.strictObject({
  repository: z.string().min(1).default("vllm/vllm-openai").describe("Image without tag."),
  tag: z
    .string()
    .min(1)
    .default("v0.8.5.post1")
    .describe("Image tag; decides which CUDA, which engine and which flags there are."),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits")
    .optional()
    .describe("Digest to pin the tag to."),
  pullPolicy: z
    .enum(["Always", "IfNotPresent", "Never"])
    .default("IfNotPresent")
    .describe("When the kubelet pulls the image."),
});

/** How the GPU node is recognised, and what its card offers. */
const gpuNode = z.strictObject({
  name: dnsName.default("k3s-gpu-worker").describe("Name of the node, for messages."),
  selector: z
    .record(z.string().min(1), z.string())
    .default({ "nvidia.com/gpu": "true" })
    .describe("Labels that a node must carry to run the server."),
  taint: z
    .strictObject({
      key: z.string().min(1).default("gpu"),
      value: z.string().default("true"),
      effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]).default("NoSchedule"),
    })
    .prefault({})
    .describe("Taint of the node that the server tolerates."),
  runtimeClass: dnsName.default("nvidia").describe("RuntimeClass with the NVIDIA container runtime."),
});

/** Where model files lie, so that they are downloaded once. */
const cache = z.strictObject({
  hostPath: absolutePath.default("/var/lib/vllm/huggingface").describe("Folder on the GPU node."),
});

/** The public way in, through Traefik. */
const route = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether there is a public route at all."),
  host: dnsName.default("vllm.home.jetzinger.com").describe("Host name of the route and of its certificate."),
  issuer: dnsName
    .default("letsencrypt-prod")
    .describe("ClusterIssuer of cert-manager that signs the certificate."),
  allowedRanges: z
    .array(addressRange)
    .min(1, "must name at least one range; to close the route set route.enabled to false")
    .default(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"])
    .describe("Client addresses that are let in."),
  pathPrefixes: z.array(absolutePath).default(["/v1/"]).describe("Paths let in with everything below them."),
  paths: z
    .array(absolutePath)
    .default(["/docs", "/openapi.json", "/health"])
    .describe("Paths let in as they are."),
});

/** Who may talk to the server inside the cluster. */
const access = z.strictObject({
  namespaces: z
    .array(label)
    .default(["apps", "docs", "monitoring"])
    .describe("Namespaces, besides the server's own, whose pods may connect."),
});

/** Where clients go while the GPU is away. */
const fallback = z.strictObject({
  ollamaUrl: z
    .url()
    .default("http://ollama.ml.svc.cluster.local:11434")
    .describe("URL of Ollama on the CPU."),
  ollamaModel: z.string().min(1).default("llama3.2:1b").describe("Model that Ollama answers with."),
  healthTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5000)
    .describe("How long a client waits for `/health`, in milliseconds."),
  healthIntervalMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(10_000)
    .describe("How often a client asks again, in milliseconds."),
});

/** What the server may use of the node. */
const resources = z.strictObject({
  cpuRequest: quantity.default("1"),
  cpuLimit: quantity.default("4"),
  memoryRequest: quantity.default("8Gi"),
  memoryLimit: quantity.default("16Gi"),
  sharedMemory: quantity.default("1Gi").describe("Size of `/dev/shm`; counts against the memory limit."),
  gpus: z.int().min(1).default(1),
});

/** How the container runs. */
const security = z.strictObject({
  runAsUser: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("User id other than root; the cache folder on the node must belong to it."),
});

/**
 * Everything that a stack can be told, by key of the namespace `vllm-platform`. What all modes share stands in
 * `Pulumi.yaml`, what one mode is in `Pulumi.<mode>.yaml`; a key in the mode's file wins.
 */
export const settingsSchema = z.strictObject({
  serve: booleanField().default(true).describe("`false` scales the server to 0 and leaves the GPU free."),
  model: z.string().min(1).optional().describe("Hugging Face id of the model that this mode serves."),
  maxModelLen: numberField(z.int().min(256).max(1_048_576))
    .default(8192)
    .describe("Longest context in tokens, prompt and answer together."),
  gpuMemoryUtilization: numberField(z.number().min(0.1).max(0.98))
    .default(0.9)
    .describe("Share of the card's memory that the server may take."),
  maxNumSeqs: numberField(z.int().min(1).max(1024))
    .default(16)
    .describe("Requests worked on at once; bounds the memory of the sampler."),
  enforceEager: booleanField()
    .default(true)
    .describe("Run without CUDA graphs: less memory, faster start, somewhat fewer tokens per second."),
  reasoningParser: booleanField()
    .default(false)
    .describe("Split the chain of thought from the answer. Off: clients see `<think>` in the content."),

  defaultMode: label
    .default("ml")
    .describe("Mode whose pod template a mode that does not serve keeps ready."),
  cluster: structuredField(cluster).prefault({}).describe("Which cluster the objects are declared in."),
  image: structuredField(image).prefault({}).describe("Container image of the server."),
  gpuNode: structuredField(gpuNode).prefault({}).describe("How the GPU node is recognised."),
  cache: structuredField(cache).prefault({}).describe("Where model files are kept."),
  route: structuredField(route).prefault({}).describe("The public route."),
  access: structuredField(access).prefault({}).describe("Who may connect inside the cluster."),
  fallback: structuredField(fallback).prefault({}).describe("Where clients go while the GPU is away."),
  resources: structuredField(resources).prefault({}).describe("What the server may use of the node."),
  security: structuredField(security).prefault({}).describe("How the container runs."),
});

export type Settings = z.infer<typeof settingsSchema>;
