// A server that is lost must be known as lost, and one that only works hard must not be.
import { lossNoticedWithinSeconds, noticedAfterSeconds, type ProbeTimings } from "../../plan/probes.ts";
import { at, type Breach, breach, type Place } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { serverContainer, serverPods } from "./pods.ts";

const timings = [
  "initialDelaySeconds",
  "periodSeconds",
  "timeoutSeconds",
  "failureThreshold",
  "successThreshold",
] as const satisfies readonly (keyof ProbeTimings)[];

export const lossNoticed = definePolicy(
  {
    name: "loss-noticed",
    scope: "object",
    demands: `The server has a startup, a readiness and a liveness probe with every timing written out, its readiness notices a loss within ${lossNoticedWithinSeconds} s, and its liveness is the slower one: clients fall back to the CPU by the first, and a busy server must lose requests before it is killed.`,
  },
  (manifests) => serverPods(manifests).map(serverContainer).flatMap(judgeProbes),
);

function judgeProbes(container: Place): Breach[] {
  const probes = ["startupProbe", "readinessProbe", "livenessProbe"].map((name) => at(container, name));
  const incomplete = probes.flatMap((probe) => [
    ...(at(probe, "httpGet", "path").value === undefined
      ? [breach(at(probe, "httpGet", "path"), "Ask for /health")]
      : []),
    ...timings
      .map((timing) => at(probe, timing))
      .filter(({ value }) => typeof value !== "number")
      .map((timing) => breach(timing, "Write it out: Kubernetes' default would count")),
  ]);
  const [, readiness, liveness] = probes;
  if (incomplete.length > 0 || readiness === undefined || liveness === undefined) {
    return incomplete;
  }
  const noticed = noticedAfterSeconds(readiness.value as ProbeTimings);
  return [
    ...(noticed > lossNoticedWithinSeconds
      ? [
          breach(
            readiness,
            `Shorten it: it notices a loss after ${noticed} s at worst, and ${lossNoticedWithinSeconds} s are promised`,
          ),
        ]
      : []),
    ...(noticedAfterSeconds(liveness.value as ProbeTimings) <= noticed
      ? [breach(liveness, "Give it more time than the readiness probe")]
      : []),
  ];
}
