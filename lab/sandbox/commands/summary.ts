import { names, secretKeys } from "../../../stacks/vocabulary/names.ts";
import { shellQuote } from "../../../system/shell-quote.ts";
import { platformNames } from "../base/platform-names.ts";
import { type ClusterAccess, kubectl } from "../cluster/access.ts";

interface ListedObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Record<string, string>;
  };
  readonly spec?: {
    readonly replicas?: number;
    readonly nodeName?: string;
    readonly containers?: Container[];
  };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly conditions?: { type: string; status: string }[];
  };
}

interface Container {
  readonly resources?: { readonly limits?: Record<string, string> };
}

const kinds = [
  ...[
    "deployments",
    "services",
    "configmaps",
    "persistentvolumeclaims",
    "secrets",
    "poddisruptionbudgets",
    "networkpolicies",
  ],
  ...["certificates.cert-manager.io", "ingressroutes.traefik.io", "middlewares.traefik.io"],
];

/** What exists in the namespace, one line an object. */
export async function describeObjects(access: ClusterAccess): Promise<string[]> {
  const args = ["get", kinds.join(","), "-n", platformNames.namespace, "-o", "json"];
  const { items } = JSON.parse(await kubectl(access, args)) as { items: ListedObject[] };
  // Kubernetes puts it into every namespace.
  const rows = items
    .filter(({ metadata }) => metadata.name !== "kube-root-ca.crt")
    .map((one) => [one.kind, one.metadata.name, stateOf(one)]);
  const width = (column: number): number => Math.max(...rows.map((row) => (row[column] ?? "").length));
  return rows.map(([kind = "", name = "", state = ""]) =>
    `  ${kind.padEnd(width(0))}  ${name.padEnd(width(1))}  ${state}`.trimEnd(),
  );
}

function stateOf({ kind, spec, status }: ListedObject): string {
  if (kind === "Deployment") return `${status?.readyReplicas ?? 0} of ${spec?.replicas ?? 0} pods ready`;
  if (kind !== "Certificate") return "";
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True")
    ? "ready"
    : "not ready";
}

/** Which pod has the GPU. */
export async function describeGpu(access: ClusterAccess): Promise<string> {
  const { items } = JSON.parse(await kubectl(access, ["get", "pods", "-A", "-o", "json"])) as {
    items: ListedObject[];
  };
  const holder = items.find(({ spec }) => spec?.nodeName !== undefined && spec.containers?.some(hasGpu));
  if (holder === undefined) return "The GPU is free.";
  return `The GPU belongs to pod ${holder.metadata.namespace}/${holder.metadata.name} on ${holder.spec?.nodeName}.`;
}

const hasGpu = ({ resources }: Container): boolean => Number(resources?.limits?.["nvidia.com/gpu"] ?? 0) > 0;

/** What the sandbox's server is asked with where it wants a key. */
const keyHeader = `-H "Authorization: Bearer $(npm run -s kubectl -- get secret ${names.apiKeySecret} -n ${names.namespace} -o 'jsonpath={.data.${secretKeys.apiKey}}' | base64 -d)"`;

/**
 * Three commands to try.
 * @param served names that the server answers to; none where the GPU is free.
 * @param others modes other than the one that is up.
 */
export function suggestions(
  url: string,
  { served, wantsKey = false }: { served: readonly string[]; wantsKey?: boolean },
  others: readonly string[],
): string[] {
  const switchTo = others[0] === undefined ? [] : [`npm start -- ${others[0]}`];
  const [model] = served;
  if (model === undefined) return [`curl ${url}/v1/models`, ...switchTo, "npm run kubectl -- get pods -A"];
  const question = {
    model,
    messages: [{ role: "user", content: "Write a Python function to reverse a string" }],
  };
  const chat = `curl ${url}/v1/chat/completions ${wantsKey ? `${keyHeader} ` : ""}-H 'Content-Type: application/json' -d ${shellQuote(JSON.stringify(question))}`;
  return [chat, ...switchTo, `eval "$(npm run -s env)" && pulumi stack output`];
}
