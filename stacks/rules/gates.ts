// What the gates refuse: a server that the card cannot hold, an image that the driver cannot run.

import type { Fault } from "../../system/refused.ts";
import { askDriver, askMemory } from "../resolve/ask-gates.ts";
import type { Finding } from "./faults.ts";
import type { Rule } from "./rule.ts";

/** Asked only of what is otherwise without fault, and never of a mode that runs no server: that needs no card. */
export const gateRules: readonly Rule[] = [
  {
    reads: [
      ...["serve", "model", "modelNumbers", "maxModelLen", "maxNumSeqs", "gpuMemoryUtilization"],
      ...["enforceEager", "extraArguments", "memoryOverheads", "image", "gpuNode.card"],
    ],
    findings: (settings) => (settings.serve ? (askMemory(settings, "")?.faults ?? []).map(asFinding) : []),
  },
  {
    reads: ["serve", "image", "gpuNode.card", "gpuNode.driver", "gpuNode.toolkit"],
    findings: (settings) => (settings.serve ? askDriver(settings, "").faults.map(asFinding) : []),
  },
];

function asFinding({ key = "", found, problem, fix }: Fault): Finding {
  return { path: key.split("."), found, problem, fix };
}
