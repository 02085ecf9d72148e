import { containers, names } from "../../../stacks/vocabulary/names.ts";
import type { KnownFailure } from "./known-failure.ts";

/** Words of the platform's own supervisor (stacks/manifests/supervisor), and of an image in which neither it nor vLLM can start. */
export const supervisorFailures: readonly KnownFailure[] = [
  {
    pattern: /vllm-platform: (the engine has died|the server ended by itself)/,
    of: containers.server,
    meaning: "the server's engine died while it served",
    fix: `Look at what it printed before (kubectl -n ${names.namespace} logs deployment/${names.deployment} --previous), and on the node for Xid errors with dmesg`,
    sample: "vllm-platform: the engine has died: its process 7 has ended",
  },
  {
    pattern: /vllm-platform: the engine is stuck/,
    of: containers.server,
    meaning: "the server's engine hung while requests waited",
    fix: "Look on the node whether nvidia-smi answers, and for Xid errors with dmesg; then restart it",
    sample: "vllm-platform: the engine is stuck: for 46 s it has not gone on with any request",
  },
  {
    pattern:
      /exec: "python3": executable file not found|No module named '?vllm|vllm-platform: the server cannot be started/i,
    of: containers.server,
    meaning: "the image lacks python3 or vLLM, by which the server is started",
    fix: "Choose an image of vLLM's, or one that is made from it: image.repository and image.tag",
    sample: "vllm-platform: the server cannot be started: vllm: No such file or directory",
  },
];
