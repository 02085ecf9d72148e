/** Traefik where k3s has it: in a pod, behind a Service with an address for the network outside. */
import { dirname } from "node:path";
import { gpuNode } from "../../sandbox/simulation/index.ts";
import { account, entryPorts, rights } from "../traefik.ts";

/** No interface of the node has it, so nobody but kube-proxy answers there. */
export const serviceAddress = "192.168.0.80";

export interface TraefikPod {
  /** Its name, in `namespace`. */
  readonly name: string;
  readonly namespace: string;
  /** What becomes of clients' addresses: replaced by the node's own, or seen by Traefik. */
  setTrafficPolicy(policy: "Cluster" | "Local"): Promise<void>;
  remove(): Promise<void>;
}

export interface TraefikPodOptions {
  readonly kubectl: (args: readonly string[], input?: string) => Promise<string>;
  readonly executable: string;
  /** Any that the node has, to run it in: the executable is a folder of the node's. */
  readonly image: string;
}

const metadata = { ...account, labels: { "app.kubernetes.io/name": "traefik" } };
const folder = "/srv/traefik";
const portsInPod = { web: 8000, websecure: 8443, traefik: 8080 };

/** As the chart sets it that k3s installs. */
const options = [
  ...Object.entries(portsInPod).map(([name, port]) => `--entryPoints.${name}.address=:${port}/tcp`),
  "--entryPoints.websecure.http.tls=true",
  "--ping=true",
  // By its name: for the Service's address, which k3s' has as well, the sandbox's API server has no certificate.
  "--providers.kubernetesCRD.endpoint=https://kubernetes.default.svc",
  "--providers.kubernetesCRD.allowEmptyServices=true",
  "--global.checkNewVersion=false",
  "--global.sendAnonymousUsage=false",
];

function podWith(executable: string, image: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: {
      serviceAccountName: account.name,
      nodeSelector: { "kubernetes.io/hostname": gpuNode },
      tolerations: [{ operator: "Exists" }],
      terminationGracePeriodSeconds: 1,
      securityContext: { runAsUser: 65532, runAsGroup: 65532, runAsNonRoot: true },
      containers: [
        {
          name: "traefik",
          image,
          command: [`${folder}/traefik`, ...options],
          ports: Object.entries(portsInPod).map(([name, containerPort]) => ({ name, containerPort })),
          readinessProbe: { httpGet: { path: "/ping", port: "traefik" }, periodSeconds: 1 },
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
          },
          volumeMounts: [{ name: "traefik", mountPath: folder, readOnly: true }],
        },
      ],
      volumes: [{ name: "traefik", hostPath: { path: dirname(executable), type: "Directory" } }],
    },
  };
}

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata,
  spec: {
    type: "LoadBalancer",
    selector: metadata.labels,
    ports: Object.entries(entryPorts).map(([name, port]) => ({ name, port, targetPort: name })),
  },
};

/** Ready once Traefik is. */
export async function startTraefikPod({
  kubectl,
  executable,
  image,
}: TraefikPodOptions): Promise<TraefikPod> {
  const { name, namespace } = account;
  const patch = (patched: object, ...more: readonly string[]): Promise<string> =>
    kubectl([
      "patch",
      "service",
      name,
      "-n",
      namespace,
      "--type=merge",
      "-p",
      JSON.stringify(patched),
      ...more,
    ]);
  const items = [...rights, podWith(executable, image), service];
  await kubectl(
    ["apply", "--server-side", "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  );
  // In the place of k3s' ServiceLB.
  await patch({ status: { loadBalancer: { ingress: [{ ip: serviceAddress }] } } }, "--subresource=status");
  await kubectl(["wait", "--for=condition=Ready", "--timeout=60s", `pod/${name}`, "-n", namespace]);
  return {
    name,
    namespace,
    setTrafficPolicy: async (externalTrafficPolicy) =>
      void (await patch({ spec: { externalTrafficPolicy } })),
    remove: async () => void (await kubectl(["delete", `pod/${name}`, `service/${name}`, "-n", namespace])),
  };
}
