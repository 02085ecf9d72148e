import { type Stage, setStatus, stage } from "./stage.ts";

const isReady = 'any(.status.conditions[]?; .type == "Ready" and .status == "True")';

/** The conditions and the address of the kubelet, which is kwok; all else is the node's own, from world/nodes.yaml. */
const alive = (transition: string): object =>
  setStatus(`{{ $now := Now }}{{ $node := . }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | quote }}
  status: {{ .status | quote }}
  reason: {{ .reason | quote }}
  message: {{ .message | quote }}
  lastHeartbeatTime: {{ $now | quote }}
  ${transition}
{{ end }}
daemonEndpoints:
  kubeletEndpoint:
    Port: {{ NodePort }}`);

/** A node that is on: it turns Ready and reports regularly, as a kubelet does. */
export function nodeStages(): Stage[] {
  return [
    stage("v1", "Node", {
      name: "node-on",
      when: [`${isReady} | not`],
      steps: [alive("lastTransitionTime: {{ $now | quote }}")],
    }),
    stage("v1", "Node", { name: "node-heartbeat", when: [isReady], afterSeconds: 20, steps: [alive("")] }),
  ];
}
