import { simulatedNodeLabel } from "../base/cluster-config.ts";
import { changeStatus, type Stage, stage } from "./stage.ts";

const isReady = 'any(.status.conditions[]?; .type == "Ready" and .status == "True")';

/**
 * Refused by the API server once the node's power is off: kwok may hold a report at that moment that it sends only
 * afterwards.
 */
const isOn = `- { op: test, path: /metadata/labels/${simulatedNodeLabel.key}, value: ${simulatedNodeLabel.value} }`;

/** The conditions and the address of the kubelet, which is kwok; all else is the node's own, from world/nodes.yaml. */
const turnsReady = `{{ $now := Now }}
${isOn}
- op: add
  path: /status/conditions
  value:
{{ range NodeConditions }}
  - type: {{ .type | quote }}
    status: {{ .status | quote }}
    reason: {{ .reason | quote }}
    message: {{ .message | quote }}
    lastHeartbeatTime: {{ $now | quote }}
    lastTransitionTime: {{ $now | quote }}
{{ end }}
- { op: add, path: /status/daemonEndpoints, value: { kubeletEndpoint: { Port: {{ NodePort }} } } }`;

const reports = `{{ $now := Now }}
${isOn}
{{ range $index, $_ := .status.conditions }}
- { op: add, path: "/status/conditions/{{ $index }}/lastHeartbeatTime", value: {{ $now | quote }} }
{{ end }}`;

/** A node that is on: it turns Ready and reports regularly, as a kubelet does. */
export function nodeStages(): Stage[] {
  return [
    stage("v1", "Node", { name: "node-on", when: [`${isReady} | not`], steps: [changeStatus(turnsReady)] }),
    stage("v1", "Node", {
      name: "node-heartbeat",
      when: [isReady],
      afterSeconds: 20,
      steps: [changeStatus(reports)],
    }),
  ];
}
