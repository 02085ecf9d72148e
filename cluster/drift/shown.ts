/** Which values may be shown: a list of what is allowed, as any other field may hold a secret. Pure. */
import { oneLine } from "../../system/terminal/foreign-text.ts";

const shownFields: readonly RegExp[] = [
  /^spec\.(replicas|type|minAvailable|maxUnavailable|unhealthyPodEvictionPolicy|strategy\.type)$/,
  /\.containers\[[\w-]+\]\.(image|imagePullPolicy)$/,
  /\.resources\.(limits|requests)(\.|\[")/,
  /\.(startup|readiness|liveness)Probe\.(\w+Seconds|\w+Threshold)$/,
  /\.args\[--(max-model-len|max-num-seqs|gpu-memory-utilization|quantization|dtype|enforce-eager|port|served-model-name|model|revision|kv-cache-dtype|tensor-parallel-size)\]$/,
  /^spec\.ports\[[\w-]+\]\.(port|targetPort|nodePort|protocol)$/,
  /^spec\.(ipAllowList\.sourceRange|dnsNames|duration|renewBefore|entryPoints)$/,
  /^spec\.issuerRef\.(name|kind)$/,
];

/** A value in one line; undefined where it is not to be shown. */
export function shownValue(field: string, value: unknown): string | undefined {
  if (!shownFields.some((allowed) => allowed.test(field)) || value === undefined) {
    return undefined;
  }
  const words = Array.isArray(value) ? value : [value];
  return words.every((word) => ["string", "number", "boolean"].includes(typeof word))
    ? oneLine(words.length === 0 ? "set" : words.join(field.includes(".args[") ? " " : ", "))
    : undefined;
}
