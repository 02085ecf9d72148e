import { type ContainerKind, statusesOf } from "./container-kind.ts";
import { setStatus } from "./stage.ts";

/**
 * Pieces of the pods' statuses, as Go templates over the Pod, worded as a kubelet 1.37 with containerd
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

function containerStatuses(container: ContainerState, kind: ContainerKind = "containers"): string {
  const statuses = statusesOf[kind];
  return `
${statuses}:
{{ range $index, $container := $pod.spec.${kind} }}
{{ $previous := dict }}
{{ if $pod.status.${statuses} }}{{ $previous = index $pod.status.${statuses} $index }}{{ end }}
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

const condition = (type: string, status: "True" | "False", reason = "null", message = "null"): string => `
- type: ${type}
  status: "${status}"
  lastProbeTime: null
  lastTransitionTime: {{ $now | quote }}
  reason: ${reason}
  message: ${message}`;

const listed = (what: string, kind: ContainerKind): string =>
  `'containers with ${what} status: [{{ range $index, $c := $pod.spec.${kind} }}{{ if $index }} {{ end }}{{ $c.name }}{{ end }}]'`;

const unready =
  condition("Ready", "False", "ContainersNotReady", listed("unready", "containers")) +
  condition("ContainersReady", "False", "ContainersNotReady", listed("unready", "containers"));
const ready = condition("Ready", "True") + condition("ContainersReady", "True");

/** The node has taken the pod and begins to pull. Containers wait for init containers, where there are any. */
export const accepted = setStatus(`${prologue}
phase: Pending
startTime: {{ $now | quote }}
hostIP: {{ NodeIPWith .spec.nodeName | quote }}
hostIPs:
- ip: {{ NodeIPWith .spec.nodeName | quote }}
conditions:
${condition("PodReadyToStartContainers", "False")}
{{ if .spec.initContainers }}
${condition("Initialized", "False", "ContainersNotInitialized", listed("incomplete", "initContainers"))}
{{ else }}
${condition("Initialized", "True")}
{{ end }}
${unready}
{{ if .spec.initContainers }}
${waiting("PodInitializing", undefined, false, "initContainers")}
{{ end }}
${waiting("{{ if $pod.spec.initContainers }}PodInitializing{{ else }}ContainerCreating{{ end }}", undefined, false)}`);

const running = `    running:
      startedAt: {{ $now | quote }}`;

/** A container counts as started once its startup probe succeeds; one without such a probe, at once. */
const startedWhileLoading = "{{ if .startupProbe }}false{{ else }}true{{ end }}";

/** A pod keeps the address that it has from its first container on. */
const address = `{{ $ip := .status.podIP | default (PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) $uid .metadata.name .metadata.namespace) }}
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

/** The init containers run. */
export const initStarted = setStatus(`${prologue}
${address}
conditions:
${condition("PodReadyToStartContainers", "True")}
${containerStatuses({ state: running, ready: "false", started: "true", created: true }, "initContainers")}`);

/** The init containers have done their work. */
export const initCompleted = setStatus(`${prologue}
conditions:
${condition("Initialized", "True")}
${containerStatuses(
  {
    state: terminated({ reason: "Completed", exitCode: 0 }),
    ready: "true",
    started: "false",
    created: true,
  },
  "initContainers",
)}`);

export interface Ending {
  /** As the kubelet names it: `Error`, `OOMKilled`. */
  readonly reason: string;
  readonly exitCode: number;
}

function terminated(ending: Ending): string {
  return `    terminated:
      exitCode: ${ending.exitCode}
      reason: ${ending.reason}
      startedAt: {{ ((($previous.state | default dict).running | default dict).startedAt | default $now) | quote }}
      finishedAt: {{ $now | quote }}
      containerID: ${containerId}`;
}

/** The containers have ended for the first time; the kubelet restarts them at once. */
export const ended = (ending: Ending, kind?: ContainerKind): object =>
  setStatus(`${prologue}
conditions:
${unready}
${containerStatuses({ state: terminated(ending), ready: "false", started: "false", created: true }, kind)}`);

/** The containers have ended again; the kubelet waits before the next restart. */
export const backingOff = (ending: Ending, kind?: ContainerKind): object =>
  setStatus(`${prologue}
conditions:
${unready}
${containerStatuses(
  {
    state: `    waiting:
      reason: CrashLoopBackOff
      message: {{ printf "back-off 10s restarting failed container=%s pod=%s_%s(%s)" .name $pod.metadata.name $pod.metadata.namespace $uid | quote }}`,
    lastState: terminated(ending),
    ready: "false",
    started: "false",
    created: true,
  },
  kind,
)}`);

/** The next attempt after an ending. */
export const restarted = (kind?: ContainerKind): object =>
  setStatus(`${prologue}
${containerStatuses(
  {
    state: running,
    lastState: `    {{ if ($previous.state | default dict).terminated }}{{ $previous.state | toJson }}{{ else }}{{ ($previous.lastState | default dict) | toJson }}{{ end }}`,
    ready: "false",
    started: startedWhileLoading,
    created: true,
    restarts: 1,
  },
  kind,
)}`);

function waiting(
  reason: string,
  message: string | undefined,
  created: boolean,
  kind?: ContainerKind,
): string {
  const state = `    waiting:
      reason: ${reason}${message === undefined ? "" : `\n      message: ${message}`}`;
  return containerStatuses({ state, ready: "false", started: "false", created }, kind);
}

/** A registry's answer for an image that it does not have, as containerd passes it on. */
const notFound =
  'failed to pull and unpack image \\"%s\\": failed to resolve reference \\"%s\\": %s: not found';

export const pullFailed = (kind: ContainerKind): object =>
  setStatus(`${prologue}
${waiting("ErrImagePull", `{{ printf "rpc error: code = NotFound desc = ${notFound}" $image $image $image | quote }}`, false, kind)}`);

export const pullBackingOff = (kind: ContainerKind): object =>
  setStatus(`${prologue}
${waiting(
  "ImagePullBackOff",
  `{{ printf "Back-off pulling image \\"%s\\": ErrImagePull: rpc error: code = NotFound desc = ${notFound}" .image $image $image $image | quote }}`,
  false,
  kind,
)}`);
