import { names } from "./names.ts";

/** A Service of the cluster. */
export interface ServiceName {
  name: string;
  namespace: string;
}

/**
 * The Service that a host is the name of, as pods of the platform's namespace resolve it; undefined for any other host. Without `.svc`
 * only one of that namespace: `nas.local` is a machine of the home.
 */
export function serviceAt(host: string): ServiceName | undefined {
  const [, name, namespace, inCluster] =
    /^([a-z0-9-]+)\.([a-z0-9-]+)(\.svc(?:\.cluster\.local)?)?$/.exec(host) ?? [];
  return name === undefined || namespace === undefined || (!inCluster && namespace !== names.namespace)
    ? undefined
    : { name, namespace };
}
