// Settings of what `gpu-mode drift` says.
import { driftPath, explain, group, list, text } from "./fields.ts";

const ignored = group({
  path: explain(
    driftPath,
    "An object as Kind/name, or behind a colon a field of it with all below it, as `gpu-mode drift` names both.",
    { example: "Deployment/vllm-server:metadata.labels.team" },
  ),
  reason: explain(text(), "Why that is meant to be so; it stands in each report.", {
    example: "the cost report counts by this label",
  }),
});

export const drift = group({
  ignore: explain(
    list(ignored, "groups of path and reason").default([]),
    "What `gpu-mode drift` does not count. An update still puts right what it declares.",
    {
      example: [
        {
          path: "Deployment/vllm-server:metadata.labels.team",
          reason: "the cost report counts by this label",
        },
      ],
    },
  ),
});
