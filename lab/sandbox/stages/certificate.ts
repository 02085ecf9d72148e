import { mergeStatus, type Stage, stage } from "./stage.ts";

/** In cert-manager's place: every Certificate is Ready. No Secret is made, and nobody serves it. */
export function certificateStages(): Stage[] {
  const template = `{{ $now := now | date "2006-01-02T15:04:05Z07:00" }}
notBefore: {{ $now | quote }}
notAfter: {{ now | dateModify "2160h" | date "2006-01-02T15:04:05Z07:00" | quote }}
renewalTime: {{ now | dateModify "1440h" | date "2006-01-02T15:04:05Z07:00" | quote }}
revision: 1
conditions:
- type: Ready
  status: "True"
  reason: Ready
  message: Certificate is up to date and has not expired (simulated)
  lastTransitionTime: {{ $now | quote }}
  observedGeneration: {{ .metadata.generation }}`;
  return [
    stage("cert-manager.io/v1", "Certificate", {
      name: "certificate-ready",
      // Anew for each change of what is asked for.
      when: [
        '.metadata.generation as $asked | any(.status.conditions[]?; .type == "Ready" and .status == "True" and .observedGeneration == $asked) | not',
      ],
      afterSeconds: 0.5,
      steps: [mergeStatus(template)],
    }),
  ];
}
