// From validated settings to the plan: everything that a mode declares, worked out.

import { createHash } from "node:crypto";
import type { Model } from "../catalogue/models.ts";
import { type Gates, gatedServerKeys } from "../resolve/ask-gates.ts";
import { imageReference } from "../resolve/image.ts";
import type { Server } from "../resolve/index.ts";
import type { Settings } from "../settings/index.ts";
import { smokeTestLimitSeconds } from "../settings/server.ts";
import type { Version } from "../vocabulary/version.ts";
import { servedNames, serverArguments, serverCommand } from "./arguments.ts";
import { type CachePlan, planCache } from "./cache.ts";
import { fallbackConfig } from "./fallback.ts";
import { type GatewayPlan, planGateway } from "./gateway.ts";
import { type DefaultModelPlan, type OllamaPlan, planDefaultModel, planOllama } from "./ollama.ts";
import { type ProbePlan, planProbes, warmStartSeconds } from "./probes.ts";
import { planRoute, type RoutePlan } from "./route.ts";
import { type Supervision, supervision } from "./supervision.ts";

/** The server's pod, as a mode wants it. */
export interface ServerPlan {
  /** Mode whose server this is; it labels the pods. */
  mode: string;
  /** Hugging Face id. */
  model: string;
  /** The model with its numbers, from the catalogue or the settings. */
  numbers: Model;
  servedNames: string[];
  maxModelLen: number;
  image: string;
  /** Version of the engine in the image. */
  version: Version;
  pullPolicy: "Always" | "IfNotPresent" | "Never";
  /** How the server is started; its arguments follow. */
  command: string[];
  arguments: string[];
  /** By which limits the server is supervised. */
  supervision: Supervision;
  /** Variables by which an image runs against the rules, where the settings allow that; most need none. */
  environment: Record<string, string>;
  probes: ProbePlan;
  /** Test of CUDA before each start of the pod, and the seconds that it may take; absent where none is wanted. */
  smokeTest?: { limitSeconds: number };
  /** Seconds that a start with a warm cache may take; what a waiting person is told. */
  warmStartSeconds: number;
}

/** Where the token for Hugging Face comes from: the stack's own secret, or a Secret that is already in the cluster. */
export type HuggingFacePlan = { kind: "token" } | { kind: "existing"; name: string; key: string };

/** Everything that a mode declares, as plain data: no Pulumi in it, no cluster, no clock, no secret. */
export interface Plan {
  mode: string;
  /** Whether the mode runs the server; if not, the GPU is free. */
  serves: boolean;
  replicas: number;
  /** The pod template; for a mode that does not serve, the default mode's. */
  server: ServerPlan;
  cache: CachePlan;
  /** Whether clients must show a key. */
  apiKey: boolean;
  /** Absent where no token is used. */
  huggingFace?: HuggingFacePlan;
  route?: RoutePlan;
  /** Absent where there is none. */
  gateway?: GatewayPlan;
  /** Absent where the platform brings no Ollama. */
  ollama?: OllamaPlan;
  /** Absent where nobody asked for it. */
  defaultModel?: DefaultModelPlan;
  fallback: Record<string, string>;
  /** Objects of other managers that may be taken over, as Kind/name. */
  adopt: string[];
  settings: Settings;
  /** What the gates say of the server; a mode that does not serve is planned whatever they say. */
  gates: Gates;
  /** SHA-256 over what is declared in the cluster: two equal hashes, equal objects. */
  hash: string;
}

/** The settings that make up the server; a mode that does not serve has the default mode's. */
const serverKeys = [
  ...gatedServerKeys,
  "revision",
  "tokenizerRevision",
  "reasoningParser",
  "resources",
  "security",
  "smokeTest",
] as const satisfies (keyof Settings)[];

/** The server of a mode: of its own, or of the default mode where it runs none. */
export interface ServerPart extends Server {
  /** Mode whose server it is. */
  mode: string;
  /** That mode's settings. */
  settings: Settings;
  /** What the gates say of it. */
  gates: Gates;
}

/** Works out what a mode declares. */
export function planMode(mode: string, own: Settings, server: ServerPart): Plan {
  const { gates } = server;
  const settings = { ...own, ...serverPart(server.settings) };
  const route = planRoute(settings.route);
  const gateway = planGateway(settings);
  const ollama = planOllama(settings);
  const defaultModel = planDefaultModel(settings);
  const huggingFace = planHuggingFace(settings);
  const plan = {
    mode,
    serves: settings.serve,
    replicas: settings.serve ? settings.replicas : 0,
    server: planServer(server, settings),
    cache: planCache(settings.cache),
    apiKey: settings.apiKey,
    ...(huggingFace === undefined ? {} : { huggingFace }),
    ...(route === undefined ? {} : { route }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(ollama === undefined ? {} : { ollama }),
    ...(defaultModel === undefined ? {} : { defaultModel }),
    fallback: fallbackConfig(settings),
    adopt: settings.adopt,
    settings,
    gates,
  };
  return { ...plan, hash: hashOf(declared(plan)) };
}

function serverPart(settings: Settings): Partial<Settings> {
  return Object.fromEntries(serverKeys.map((key) => [key, settings[key]]));
}

function planServer(
  { mode, model, version, gates, settings: own }: ServerPart,
  settings: Settings,
): ServerPlan {
  return {
    mode,
    model: model.id,
    numbers: model,
    servedNames: servedNames(model),
    maxModelLen: settings.maxModelLen,
    image: imageReference(settings.image),
    version,
    pullPolicy: settings.image.pullPolicy,
    command: serverCommand(version),
    arguments: serverArguments(settings, model, version),
    supervision,
    // By the node that the gates were asked about.
    environment: own.gpuNode.driver.allowUnsupported ? (gates.driver.optIn?.environment ?? {}) : {},
    probes: planProbes(model.weightBytes),
    ...(settings.smokeTest ? { smokeTest: { limitSeconds: smokeTestLimitSeconds } } : {}),
    warmStartSeconds: warmStartSeconds(model.weightBytes),
  };
}

function planHuggingFace({ huggingFaceToken, huggingFaceSecret }: Settings): HuggingFacePlan | undefined {
  if (huggingFaceToken !== undefined) {
    return { kind: "token" };
  }
  return huggingFaceSecret === undefined ? undefined : { kind: "existing", ...huggingFaceSecret };
}

/** The part of the plan that is declared in the cluster; input of the hash. */
function declared({ settings, adopt: _, gates: __, server, ...plan }: Omit<Plan, "hash">) {
  const { gpuNode, resources, security, access } = settings;
  const { version: _version, numbers: _numbers, warmStartSeconds: _warm, ...pod } = server;
  const { selector, taint, runtimeClass } = gpuNode;
  return { ...plan, server: pod, node: { selector, taint, runtimeClass }, resources, security, access };
}

/** JSON with sorted keys, so that the order in which a file lists things makes no difference. */
function hashOf(value: unknown): string {
  const canonical = JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
  return createHash("sha256").update(canonical).digest("hex");
}
