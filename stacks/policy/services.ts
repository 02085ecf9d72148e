// Names of Services become variables of pods.
import { breach, placeOf } from "./base/place.ts";
import { definePolicy } from "./base/policy.ts";

/** Variables of vLLM that a Service can take the name of: its `vllm/envs.py`, whatever ends in _PORT. */
const portVariables = ["VLLM_PORT", "VLLM_DP_MASTER_PORT", "VLLM_NIXL_SIDE_CHANNEL_PORT"];

export const serviceNames = definePolicy(
  {
    name: "service-names",
    scope: "object",
    demands:
      "No Service has a name that becomes a variable of vLLM, as `vllm` becomes `VLLM_PORT`: Kubernetes gives pods `<NAME>_PORT=tcp://…` for each Service, and vLLM ends over a port that is none.",
  },
  (manifests) =>
    manifests
      .filter(({ kind }) => kind === "Service")
      .flatMap((service) => {
        const { name } = service.metadata;
        const variable = `${name.toUpperCase().replaceAll("-", "_")}_PORT`;
        return portVariables.includes(variable)
          ? [
              breach(
                { ...placeOf(service), field: "metadata.name", value: name },
                `Rename it: ${variable} is vLLM's`,
              ),
            ]
          : [];
      }),
);
