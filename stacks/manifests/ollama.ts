/** An Ollama of the platform's own on the CPU, and what keeps Ollama's model `default` made. The same in every mode. */

import type { CachePlan } from "../plan/cache.ts";
import type { Plan } from "../plan/index.ts";
import type { DefaultModelPlan, OllamaPlan, Placement } from "../plan/ollama.ts";
import { modelAlias, names, ollamaLabels, ollamaPort } from "../vocabulary/names.ts";
import { objectMetadata } from "./metadata.ts";
import { volumeClaim } from "./model-cache.ts";
import { fence } from "./network-policy.ts";
import { leastPrivilege, secluded, storageVolume } from "./pod.ts";

/** Nobody waits for it: an update promises the GPU's server, and the image alone takes minutes. */
const skipAwait = { annotations: { "pulumi.com/skipAwait": "true" } };

/** Where the image, running as root, keeps models and its own key. */
const home = "/root/.ollama";

export function volume(storage: Extract<CachePlan, { kind: "claim" }>) {
  return volumeClaim(names.ollamaVolume, "ollama", storage);
}

/** Who may ask it: as with the server, and Traefik where there is a gateway. */
export function networkPolicy(plan: Plan) {
  return fence(plan, {
    metadata: objectMetadata(names.ollama, "ollama"),
    labels: ollamaLabels,
    port: ollamaPort,
    admitsTraefik: plan.gateway !== undefined,
  });
}

export function service() {
  return {
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: objectMetadata(names.ollama, "ollama", skipAwait),
    spec: {
      type: "ClusterIP",
      selector: ollamaLabels,
      ports: [{ name: "http", port: ollamaPort, targetPort: "http", protocol: "TCP" }],
    },
  };
}

export function deployment({ image, storage, placement, resources }: OllamaPlan) {
  const probe = { httpGet: { path: "/", port: "http", scheme: "HTTP" }, timeoutSeconds: 5 };
  return {
    apiVersion: "apps/v1" as const,
    kind: "Deployment" as const,
    metadata: objectMetadata(names.ollama, "ollama", { ...skipAwait, labels: ollamaLabels }),
    spec: {
      replicas: 1,
      revisionHistoryLimit: 2,
      // Two at once would write to the same models.
      strategy: { type: "Recreate" },
      selector: { matchLabels: ollamaLabels },
      template: {
        metadata: { labels: ollamaLabels },
        spec: {
          ...placed(placement),
          ...secluded,
          containers: [
            {
              name: "ollama",
              image,
              imagePullPolicy: "IfNotPresent",
              env: [
                { name: "OLLAMA_HOST", value: `0.0.0.0:${ollamaPort}` },
                // A model that has to be loaded first answers no client within 5 s.
                { name: "OLLAMA_KEEP_ALIVE", value: "-1" },
                // Of models that stay for ever, a second one would fill the memory.
                { name: "OLLAMA_MAX_LOADED_MODELS", value: "1" },
              ],
              ports: [{ name: "http", containerPort: ollamaPort, protocol: "TCP" }],
              resources: {
                requests: { cpu: resources.cpuRequest, memory: resources.memoryRequest },
                limits: { cpu: resources.cpuLimit, memory: resources.memoryLimit },
              },
              securityContext: leastPrivilege,
              readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 2 },
              livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6 },
              volumeMounts: [{ name: "models", mountPath: home }],
            },
          ],
          volumes: [storageVolume("models", names.ollamaVolume, storage)],
        },
      },
    },
  };
}

/** Away from the GPU node, which is off when Ollama is needed; or where the settings want it. */
function placed(placement: Placement) {
  if ("on" in placement) {
    return {
      nodeSelector: placement.on,
      tolerations: [{ ...placement.taint, operator: "Equal" }],
    };
  }
  // A node is another one than the GPU node if it lacks any of its labels.
  const nodeSelectorTerms = Object.entries(placement.notOn).map(([key, value]) => ({
    matchExpressions: [{ key, operator: "NotIn", values: [value] }],
  }));
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  };
}

/**
 * Names stand in variables: in the text they would be code. Made anew each time, as that costs a small file, and follows a model
 * that was changed. An empty question loads it.
 */
const script = (isLoaded: boolean): string =>
  [
    'ollama show "$FROM" > /dev/null 2>&1 || ollama pull "$FROM"',
    `printf 'FROM %s\\nPARAMETER num_ctx %s\\n' "$FROM" "$CONTEXT" > /tmp/${modelAlias}`,
    `ollama create ${modelAlias} -f /tmp/${modelAlias}`,
    ...(isLoaded ? [`ollama run ${modelAlias} ""`] : []),
  ].join("\n");

/**
 * Makes the model again and again, and not once: whoever pulls models, or loses the volume, takes it away. A CronJob can be changed in
 * place, too, which a Job cannot.
 */
export function defaultModelJob({ image, ollamaUrl, from, contextTokens, isLoaded }: DefaultModelPlan) {
  return {
    apiVersion: "batch/v1" as const,
    kind: "CronJob" as const,
    metadata: objectMetadata(names.defaultModelJob, "ollama", skipAwait),
    spec: {
      schedule: "*/10 * * * *",
      concurrencyPolicy: "Forbid",
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        spec: {
          backoffLimit: 0,
          // A download of a few GB on a slow line.
          activeDeadlineSeconds: 3600,
          template: {
            spec: {
              restartPolicy: "Never",
              // On Ollama's node, which has the image.
              affinity: {
                podAffinity: {
                  preferredDuringSchedulingIgnoredDuringExecution: [
                    {
                      weight: 100,
                      podAffinityTerm: {
                        topologyKey: "kubernetes.io/hostname",
                        labelSelector: { matchLabels: { "app.kubernetes.io/name": "ollama" } },
                      },
                    },
                  ],
                },
              },
              ...secluded,
              containers: [
                {
                  name: "ollama",
                  image,
                  imagePullPolicy: "IfNotPresent",
                  command: ["sh", "-ec", script(isLoaded)],
                  env: [
                    { name: "OLLAMA_HOST", value: ollamaUrl },
                    { name: "FROM", value: from },
                    { name: "CONTEXT", value: String(contextTokens) },
                  ],
                  resources: {
                    requests: { cpu: "50m", memory: "64Mi" },
                    limits: { cpu: "500m", memory: "256Mi" },
                  },
                  securityContext: leastPrivilege,
                },
              ],
            },
          },
        },
      },
    },
  };
}
