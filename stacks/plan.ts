import { createHash } from "node:crypto";
import { servedNames, serverArguments } from "./arguments.ts";
import { findModel, type Model, models } from "./catalogue/models.ts";
import { type Fault, RefusedError } from "./errors.ts";
import { fallbackConfig } from "./fallback.ts";
import { type ProbePlan, planProbes, warmStartSeconds } from "./probes.ts";
import { planRoute, type RoutePlan } from "./route.ts";
import type { Settings } from "./settings.ts";

/** The server's pod, as a mode wants it. */
export interface ServerPlan {
  /** Mode whose server this is; it labels the pods. */
  mode: string;
  model: string;
  servedNames: string[];
  maxModelLen: number;
  image: string;
  pullPolicy: "Always" | "IfNotPresent" | "Never";
  arguments: string[];
  probes: ProbePlan;
  /** Seconds that a start with a warm cache may take; what a waiting person is told. */
  warmStartSeconds: number;
}

/** Everything that a mode declares, as plain data: no Pulumi in it, no cluster, no clock. */
export interface Plan {
  mode: string;
  /** Whether the mode runs the server; if not, the GPU is free. */
  serves: boolean;
  replicas: number;
  /** The pod template; for a mode that does not serve, the default mode's. */
  server: ServerPlan;
  route?: RoutePlan;
  fallback: Record<string, string>;
  settings: Settings;
  /** SHA-256 over all of the above: two equal plans declare equal objects. */
  hash: string;
}

/**
 * Works out what a mode declares.
 * @param defaultSettings settings of the default mode; needed only where `settings.serve` is false.
 * @throws RefusedError where the mode names no model, or one whose numbers are not known.
 */
export function planMode(mode: string, settings: Settings, defaultSettings?: Settings): Plan {
  const server =
    settings.serve || defaultSettings === undefined
      ? planServer(mode, settings)
      : planServer(settings.defaultMode, { ...settings, ...ownServerSettings(defaultSettings) });
  const route = planRoute(settings.route);
  const plan = {
    mode,
    serves: settings.serve,
    replicas: settings.serve ? 1 : 0,
    server,
    ...(route === undefined ? {} : { route }),
    fallback: fallbackConfig(settings),
    settings,
  };
  return { ...plan, hash: hashOf(plan) };
}

/** What a mode's own file says of its server; everything else is shared by all modes. */
function ownServerSettings(settings: Settings): Partial<Settings> {
  const { model, maxModelLen, gpuMemoryUtilization, maxNumSeqs, enforceEager, reasoningParser } = settings;
  return {
    ...(model === undefined ? {} : { model }),
    maxModelLen,
    gpuMemoryUtilization,
    maxNumSeqs,
    enforceEager,
    reasoningParser,
  };
}

function planServer(mode: string, settings: Settings): ServerPlan {
  const model = knownModel(mode, settings);
  const { repository, tag, digest, pullPolicy } = settings.image;
  return {
    mode,
    model: model.id,
    servedNames: servedNames(model),
    maxModelLen: settings.maxModelLen,
    image: digest === undefined ? `${repository}:${tag}` : `${repository}:${tag}@${digest}`,
    pullPolicy,
    arguments: serverArguments(settings, model),
    probes: planProbes(model.weightBytes),
    warmStartSeconds: warmStartSeconds(model.weightBytes),
  };
}

function knownModel(mode: string, settings: Settings): Model {
  const where = `Pulumi.${mode}.yaml`;
  const faults: Fault[] = [];
  const model = settings.model === undefined ? undefined : findModel(settings.model);
  if (settings.model === undefined) {
    faults.push({
      where,
      key: "model",
      problem: "a mode that serves must name its model",
      mend: "Write `vllm-platform:model: <Hugging Face id>`, or `vllm-platform:serve: false` for a mode that frees the GPU",
    });
  } else if (model === undefined) {
    faults.push({
      where,
      key: "model",
      seen: settings.model,
      problem: "the catalogue has no numbers of this model",
      mend: `Choose one of ${models.map(({ id }) => id).join(", ")}, or add it to stacks/catalogue/models.ts`,
    });
  } else if (settings.maxModelLen > model.maxContext) {
    faults.push({
      where,
      key: "maxModelLen",
      seen: settings.maxModelLen,
      problem: `${model.id} was made for at most ${model.maxContext} tokens`,
      mend: `Set it to ${model.maxContext} or less`,
    });
  }
  if (model === undefined || faults.length > 0) {
    throw new RefusedError(`Mode ${mode} cannot be planned:`, faults);
  }
  return model;
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
