// What a pod does not need it does not get.
import { at, type Breach, breach, itemsAt, must, mustBe, type Place } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { allContainers, type Pod, podsOf } from "./pods.ts";

/** Volumes that may be a folder of the node: those with models. */
const modelVolumes = ["model-cache", "models"];

export const hardenedPod = definePolicy(
  {
    name: "hardened-pod",
    scope: "object",
    demands:
      "A pod has no token for the API server, no variables for Services, the runtime's seccomp profile, none of the node's namespaces and of its folders only the models'; a container has no capability and gains none: what a model or a request makes it do stays in it.",
  },
  (manifests) => podsOf(manifests).flatMap((pod) => [...judgePod(pod), ...allContainers(pod).flatMap(judge)]),
);

function judgePod({ spec }: Pod): Breach[] {
  return [
    ...mustBe(at(spec, "automountServiceAccountToken"), false),
    ...mustBe(at(spec, "enableServiceLinks"), false),
    ...mustBe(at(spec, "securityContext", "seccompProfile", "type"), "RuntimeDefault"),
    ...["hostNetwork", "hostPID", "hostIPC"].flatMap((key) => absent(at(spec, key))),
    ...itemsAt(spec, "volumes")
      .filter(({ value }) => !modelVolumes.includes(Object(value).name))
      .flatMap((volume) => absent(at(volume, "hostPath"))),
  ];
}

function judge(container: Place): Breach[] {
  const security = at(container, "securityContext");
  const dropped = at(security, "capabilities", "drop");
  return [
    ...mustBe(at(security, "allowPrivilegeEscalation"), false),
    ...must(dropped, JSON.stringify(dropped.value) === '["ALL"]', "Set it to [ALL]"),
    ...absent(at(security, "capabilities", "add")),
    ...absent(at(security, "privileged")),
    ...absent(at(security, "seccompProfile")),
  ];
}

/** Nothing where the field is not there, or turned off. */
function absent(place: Place): Breach[] {
  return place.value === undefined || place.value === false ? [] : [breach(place, "Remove it")];
}
