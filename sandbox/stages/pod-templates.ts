import { createHash } from "node:crypto";
import { setStatus } from "./stage.ts";

/**
 * Pieces of the pods' statuses and events, as Go templates over the Pod, worded as a kubelet 1.37 with containerd
 * words them. containerStatuses is replaced as a whole by a patch, so every state names all containers.
 */

/** `vllm/vllm-openai:v1` as a registry client writes it: with the host. */
const fullImage =
  '{{ $image := .image }}{{ if not (regexMatch "^[^/]+[.:][^/]*/" $image) }}{{ $image = printf "docker.io/%s" $image }}{{ end }}';

const containerId =
  '{{ printf "containerd://%s" (printf "%s/%s/%v" $uid .name $restarts | sha256sum) | quote }}';

interface ContainerState {
  /** YAML of `state`, indented by six. */
  readonly state: string;
  readonly lastState?: string;
  readonly ready: "true" | "false";
  readonly started: string;
  /** Whether the image is on the node and the container has been made. */
  readonly created: boolean;
  /** How many restarts this step adds. */
  readonly restarts?: 0 | 1;
}

function containerStatuses(container: ContainerState): string {
  return `
containerStatuses:
{{ range $index, $container := .spec.containers }}
{{ $previous := dict }}
{{ if $pod.status.containerStatuses }}{{ $previous = index $pod.status.containerStatuses $index }}{{ end }}
{{ $restarts := add (int ($previous.restartCount | default 0)) ${container.restarts ?? 0} }}
{{ with $container }}
${fullImage}
- name: {{ .name | quote }}
  image: {{ $image | quote }}
  imageID: ${container.created ? '{{ printf "%s@sha256:%s" (regexReplaceAll "[:@][^/]*$" $image "") ($image | sha256sum) | quote }}' : '""'}
  ${container.created ? `containerID: ${containerId}` : ""}
  ready: ${container.ready}
  started: ${container.started}
  restartCount: {{ $restarts }}
  state:
${container.state}
  lastState:
${container.lastState ?? "    {{ ($previous.lastState | default dict) | toJson }}"}
{{ end }}
{{ end }}`;
}

const prologue = "{{ $pod := . }}{{ $uid := .metadata.uid }}{{ $now := Now }}";

const condition = (type: string, status: "True" | "False", unready?: string): string => `
- type: ${type}
  status: "${status}"
  lastProbeTime: null
  lastTransitionTime: {{ $now | quote }}
  reason: ${unready === undefined ? "null" : unready}
  message: ${unready === undefined ? "null" : `'containers with unready status: [{{ range $index, $c := .spec.containers }}{{ if $index }} {{ end }}{{ $c.name }}{{ end }}]'`}`;

const unready =
  condition("Ready", "False", "ContainersNotReady") +
  condition("ContainersReady", "False", "ContainersNotReady");
const ready = condition("Ready", "True") + condition("ContainersReady", "True");

/** The node has taken the pod and begins to pull. */
export const accepted = setStatus(`${prologue}
phase: Pending
startTime: {{ $now | quote }}
hostIP: {{ NodeIPWith .spec.nodeName | quote }}
hostIPs:
- ip: {{ NodeIPWith .spec.nodeName | quote }}
conditions:
${condition("PodReadyToStartContainers", "False")}
${condition("Initialized", "True")}
${unready}
${waiting("ContainerCreating", undefined, false)}`);

const running = `    running:
      startedAt: {{ $now | quote }}`;

/** A container counts as started once its startup probe succeeds; one without such a probe, at once. */
const startedWhileLoading = "{{ if .startupProbe }}false{{ else }}true{{ end }}";

const address = `{{ $ip := PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) $uid .metadata.name .metadata.namespace }}
podIP: {{ $ip | quote }}
podIPs:
- ip: {{ $ip | quote }}`;

/** The containers run; nothing is known of their readiness yet. */
export const started = setStatus(`${prologue}
phase: Running
${address}
conditions:
${condition("PodReadyToStartContainers", "True")}
${containerStatuses({ state: running, ready: "false", started: startedWhileLoading, created: true })}`);

/** The probes succeed. */
export const becameReady = setStatus(`${prologue}
conditions:
${ready}
${containerStatuses({
  state: "    {{ ($previous.state | default dict) | toJson }}",
  ready: "true",
  started: "true",
  created: true,
})}`);

export interface Ending {
  /** As the kubelet names it: `Error`, `OOMKilled`. */
  readonly reason: string;
  readonly exitCode: number;
}

const terminated = (ending: Ending): string => `    terminated:
      exitCode: ${ending.exitCode}
      reason: ${ending.reason}
      startedAt: {{ ((($previous.state | default dict).running | default dict).startedAt | default $now) | quote }}
      finishedAt: {{ $now | quote }}
      containerID: ${containerId}`;

/** The containers have ended for the first time; the kubelet restarts them at once. */
export const ended = (ending: Ending): object =>
  setStatus(`${prologue}
conditions:
${unready}
${containerStatuses({ state: terminated(ending), ready: "false", started: "false", created: true })}`);

/** The containers have ended again; the kubelet waits before the next restart. */
export const backingOff = (ending: Ending): object =>
  setStatus(`${prologue}
conditions:
${unready}
${containerStatuses({
  state: `    waiting:
      reason: CrashLoopBackOff
      message: {{ printf "back-off 10s restarting failed container=%s pod=%s_%s(%s)" .name $pod.metadata.name $pod.metadata.namespace $uid | quote }}`,
  lastState: terminated(ending),
  ready: "false",
  started: "false",
  created: true,
})}`);

/** The next attempt after an ending. */
export const restarted = setStatus(`${prologue}
${containerStatuses({
  state: running,
  lastState: `    {{ if ($previous.state | default dict).terminated }}{{ $previous.state | toJson }}{{ else }}{{ ($previous.lastState | default dict) | toJson }}{{ end }}`,
  ready: "false",
  started: startedWhileLoading,
  created: true,
  restarts: 1,
})}`);

/** A registry's answer for an image that it does not have, as containerd passes it on. */
const notFound =
  'failed to pull and unpack image \\"%s\\": failed to resolve reference \\"%s\\": %s: not found';

function waiting(reason: string, message: string | undefined, created: boolean): string {
  const state = `    waiting:
      reason: ${reason}${message === undefined ? "" : `\n      message: ${message}`}`;
  return containerStatuses({ state, ready: "false", started: "false", created });
}

export const pullFailed = setStatus(`${prologue}
${waiting("ErrImagePull", `{{ printf "rpc error: code = NotFound desc = ${notFound}" $image $image $image | quote }}`, false)}`);

export const pullBackingOff = setStatus(`${prologue}
${waiting(
  "ImagePullBackOff",
  `{{ printf "Back-off pulling image \\"%s\\": ErrImagePull: rpc error: code = NotFound desc = ${notFound}" .image $image $image $image | quote }}`,
  false,
)}`);

/**
 * A step that records an event about the pod's first container, as a kubelet does. `message` is a Go template in
 * which `$container`, `$image` (as written in the pod) and `$pod` are known.
 */
export function event(type: "Normal" | "Warning", reason: string, message: string): object {
  const kindOfEvent = createHash("sha256").update(`${reason}/${message}`).digest("hex").slice(0, 8);
  const template = `${prologue}{{ $container := index .spec.containers 0 }}{{ $image := $container.image }}
{{ $full := $image }}{{ if not (regexMatch "^[^/]+[.:][^/]*/" $image) }}{{ $full = printf "docker.io/%s" $image }}{{ end }}
{{ $restarts := 0 }}{{ if .status.containerStatuses }}{{ $restarts = (index .status.containerStatuses 0).restartCount }}{{ end }}
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
  fieldPath: {{ printf "spec.containers{%s}" $container.name | quote }}
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

/** Messages of events; `notFound` is also used by the failed pull. */
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
