/** The way to a Service of the cluster from wherever the API server can be reached: a port of one of its ready pods. */
import type { V1Pod, V1Service } from "@kubernetes/client-node";
import { serviceAt } from "../../stacks/vocabulary/service-host.ts";
import type { ClusterApi } from "../api/index.ts";
import { list } from "../gpu-node/snapshot.ts";
import { byPortForward, type Way } from "./ask.ts";
import { isReadyPod } from "./ready-pod.ts";
import { allowed } from "./rights.ts";

/**
 * @param url as pods of the cluster have it; one that names no Service is asked as it is.
 * @param api undefined where the cluster is out of reach
 * @throws Error, half a sentence, where no pod answers for the Service; MissingRight
 */
export async function wayToService(api: ClusterApi | undefined, url: string): Promise<Way> {
  const origin = new URL(url);
  const at = serviceAt(origin.hostname);
  if (at === undefined) {
    return { name: url, origin };
  }
  const { name, namespace } = at;
  if (api === undefined) {
    throw new Error("the cluster is out of reach");
  }
  const service = await allowed(
    api.get<V1Service>(`/api/v1/namespaces/${namespace}/services/${name}`),
    `read Service ${name} in ${namespace}`,
    "`get` on it",
  );
  if (service === undefined) {
    throw new Error(`there is no Service ${name} in namespace ${namespace}`);
  }
  const { selector, ports = [] } = service.spec ?? {};
  const wanted = Number(origin.port || 80);
  const port = ports.find((one) => one.port === wanted);
  if (selector === undefined || port === undefined) {
    throw new Error(`Service ${name} has ${selector === undefined ? "no selector" : `no port ${wanted}`}`);
  }
  const pods = await allowed(
    list<V1Pod>(api, `/api/v1/namespaces/${namespace}/pods`, selector),
    `list pods in ${namespace}`,
    "`list` on pods",
  );
  const pod = pods.find(isReadyPod);
  const target = pod === undefined ? undefined : targetPort(pod, port.targetPort ?? wanted);
  if (pod?.metadata?.name === undefined || target === undefined) {
    throw new Error(`no pod of Service ${name} in namespace ${namespace} is ready`);
  }
  return {
    ...byPortForward(api, pod.metadata.name, target, namespace),
    origin: new URL(origin.pathname, "http://127.0.0.1"),
  };
}

/** A port of the container, which a Service may know by its name. */
function targetPort(pod: V1Pod, wanted: number | string): number | undefined {
  if (/^\d+$/.test(String(wanted))) {
    return Number(wanted);
  }
  return (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports).find(({ name }) => name === wanted)
    ?.containerPort;
}
