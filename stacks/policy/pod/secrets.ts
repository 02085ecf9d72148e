// A secret is in a Secret, and the key that the platform has made is asked for.
import { hidden, shownValue } from "../../rules/redact.ts";
import { apiKeyVariable, names } from "../../vocabulary/names.ts";
import { at, type Breach, breach, entriesAt, itemsAt, mustBe, type Place, placeOf } from "../base/place.ts";
import { definePolicy } from "../base/policy.ts";
import { allContainers, podsOf, serverContainer, serverPods } from "./pods.ts";

export const noPlainSecret = definePolicy(
  {
    name: "no-plain-secret",
    scope: "object",
    demands:
      "No secret stands in a command, an argument, a plain variable or a ConfigMap: everybody on the node reads the first, and everybody who may look at the cluster all of them.",
  },
  (manifests) => [
    ...podsOf(manifests).flatMap(allContainers).flatMap(judgeContainer),
    ...manifests
      .filter(({ kind }) => kind === "ConfigMap")
      .flatMap((map) => entriesAt(placeOf(map), "data").flatMap(([, value]) => plain(value))),
  ],
);

export const keyAskedFor = definePolicy(
  {
    name: "key-asked-for",
    scope: "stack",
    demands: `Where Secret \`${names.apiKeySecret}\` is declared, the server has \`${apiKeyVariable}\` from it: without the variable it answers everybody.`,
  },
  (manifests) =>
    manifests.some(({ kind, metadata }) => kind === "Secret" && metadata.name === names.apiKeySecret)
      ? serverPods(manifests).flatMap((pod) => {
          const env = at(serverContainer(pod), "env");
          const { object, field } = env;
          const variable = itemsAt(env).find(({ value }) => Object(value).name === apiKeyVariable) ?? {
            object,
            field: `${field}[${apiKeyVariable}]`,
            value: undefined,
          };
          return mustBe(at(variable, "valueFrom", "secretKeyRef", "name"), names.apiKeySecret);
        })
      : [],
);

function judgeContainer(container: Place): Breach[] {
  return [
    // As a whole: a secret is the word behind its flag.
    ...["command", "args"].map((key) => at(container, key)).flatMap((words) => plain(words)),
    ...itemsAt(container, "env").flatMap((variable) =>
      plain(at(variable, "value"), String(Object(variable.value).name)),
    ),
  ];
}

/** Nothing where neither the name nor the value is that of a secret. @param name of a variable; a ConfigMap's keys may name a Secret */
function plain(place: Place, name = ""): Breach[] {
  return place.value !== undefined && shownValue([name], place.value) === hidden
    ? [
        {
          ...breach(
            place,
            "Give it by a Secret (valueFrom.secretKeyRef), and change it: it may have been read",
          ),
          found: hidden,
        },
      ]
    : [];
}
