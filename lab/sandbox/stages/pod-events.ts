import { createHash } from "node:crypto";
import { type ContainerKind, statusesOf } from "./container-kind.ts";

/** Events about pods, as Go templates over the Pod, worded as a kubelet 1.37 with containerd words them. */

/** A registry's answer for an image that it does not have, as containerd passes it on. */
export const notFound =
  'failed to pull and unpack image \\"%s\\": failed to resolve reference \\"%s\\": %s: not found';

/**
 * A step that records an event about the pod's first container of a kind, as a kubelet does. `message` is a Go
 * template in which `$container`, `$image` (as written in the pod) and `$pod` are known.
 */
export function event(
  type: "Normal" | "Warning",
  reason: string,
  message: string,
  kind: ContainerKind = "containers",
): object {
  const kindOfEvent = createHash("sha256").update(`${kind}/${reason}/${message}`).digest("hex").slice(0, 8);
  const statuses = statusesOf[kind];
  const template = `{{ $pod := . }}{{ $uid := .metadata.uid }}{{ $container := index .spec.${kind} 0 }}{{ $image := $container.image }}
{{ $full := $image }}{{ if not (regexMatch "^[^/]+[.:][^/]*/" $image) }}{{ $full = printf "docker.io/%s" $image }}{{ end }}
{{ $restarts := 0 }}{{ if .status.${statuses} }}{{ $restarts = (index .status.${statuses} 0).restartCount }}{{ end }}
apiVersion: v1
kind: Event
metadata:
  namespace: {{ .metadata.namespace | quote }}
  name: {{ printf "%s.%s" .metadata.name (printf "%s/${kindOfEvent}/%v" $uid $restarts | sha256sum | trunc 16) | quote }}
involvedObject:
  apiVersion: v1
  kind: Pod
  namespace: {{ .metadata.namespace | quote }}
  name: {{ .metadata.name | quote }}
  uid: {{ $uid | quote }}
  fieldPath: {{ printf "spec.${kind}{%s}" $container.name | quote }}
type: ${type}
reason: ${reason}
message: ${message}
source:
  component: kubelet
  host: {{ .spec.nodeName | quote }}
reportingComponent: kubelet
reportingInstance: {{ .spec.nodeName | quote }}
firstTimestamp: {{ now | date "2006-01-02T15:04:05Z07:00" | quote }}
lastTimestamp: {{ now | date "2006-01-02T15:04:05Z07:00" | quote }}
count: 1`;
  return { apply: { template } };
}

/** Messages of events. */
export const messages = {
  pulling: '{{ printf "Pulling image \\"%s\\"" $image | quote }}',
  pulled:
    '{{ printf "Successfully pulled image \\"%s\\" in 184ms (184ms including waiting)" $image | quote }}',
  present: '{{ printf "Container image \\"%s\\" already present on machine" $image | quote }}',
  created: '{{ printf "Created container: %s" $container.name | quote }}',
  started: '{{ printf "Started container %s" $container.name | quote }}',
  pullFailed: `{{ printf "Failed to pull image \\"%s\\": rpc error: code = NotFound desc = ${notFound}" $image $full $full $full | quote }}`,
  pullBackOff: '{{ printf "Back-off pulling image \\"%s\\"" $image | quote }}',
  restartBackOff:
    '{{ printf "Back-off restarting failed container %s in pod %s_%s(%s)" $container.name $pod.metadata.name $pod.metadata.namespace $uid | quote }}',
  probeFailed:
    '{{ printf "%s probe failed: Get \\"http://%s:8000/health\\": dial tcp %s:8000: connect: connection refused" (ternary "Startup" "Readiness" (hasKey $container "startupProbe")) .status.podIP .status.podIP | quote }}',
} as const;
