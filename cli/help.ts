/** What the help of `gpu-mode` says behind its options. */
import type { Project } from "../operations/project.ts";
import type { Plan } from "../stacks/plan/index.ts";
import type { Section } from "../system/terminal/help-sections.ts";
import { driftCodes } from "./drift/exit-codes.ts";
import { exitCodes, exitMeanings } from "./exit-codes.ts";

/** Every mode with what it serves; one whose files have faults is listed too. */
export function modesSection({ modes, planOf }: Pick<Project, "modes" | "planOf">): Section {
  return { title: "Modes", items: modes.map((mode) => [mode, purposeOf(mode, planOf)]) };
}

function purposeOf(mode: string, planOf: (mode: string) => Plan): string {
  try {
    const plan = planOf(mode);
    return plan.serves ? `serves ${plan.server.model}` : "serves nothing; the GPU is free";
  } catch {
    return "its files have faults, which gpu-mode names when it is asked for this mode";
  }
}

export const examples: Section = {
  title: "Examples",
  items: [
    ["gpu-mode ml", "serve the default model"],
    ["gpu-mode gaming", "give the GPU back, for games"],
    ["gpu-mode r1 --force", "declare r1 although the GPU node is off; it starts when the node is back"],
    ["gpu-mode status", "which mode, since when, and whether users have what it promises"],
    ["gpu-mode status --json", "the same for a program"],
    ["gpu-mode plan ml", "what the model takes of the card, and whether the driver runs the image"],
    ['gpu-mode plan --model Qwen/Qwen3-8B-AWQ --gpu "RTX 4090" --context 32768'],
    ["gpu-mode clients litellm", "the configuration of a client: litellm, openwebui, n8n or openai"],
    ["gpu-mode doctor", "whether GPU node and cluster have what a mode takes, and how to fix it"],
    ["gpu-mode verify", "ask the live server what its users ask of it, and measure"],
    ["gpu-mode init", "propose your cluster's values for Pulumi.yaml, and write them after a yes"],
    ["gpu-mode forget r1", "drop the state of a standby stack; the cluster and the mode's file stay"],
  ],
};

export const exitSection: Section = {
  title: "Exit status",
  items: Object.entries(exitCodes).map(([name, code]) => [
    `${String(code).padEnd(4)} ${name}`,
    exitMeanings[name as keyof typeof exitMeanings],
  ]),
};

export const clientsSections: readonly Section[] = [
  {
    title: "Examples",
    items: [
      ["gpu-mode clients litellm > config.yaml", "LiteLLM in front of vLLM and Ollama"],
      ["gpu-mode clients openwebui", "environment variables of Open WebUI"],
      ["gpu-mode clients n8n", "what is set in n8n's forms"],
      ["gpu-mode clients openai r1", "curl, and OpenAI's SDK, in r1"],
      ["gpu-mode clients openai --json | jq -r .endpoints.inCluster"],
    ],
  },
  "No cluster is asked, and no key is printed. docs/clients.md tells more.",
];

export const doctorSections: readonly Section[] = [
  {
    title: "Examples",
    items: [
      ["gpu-mode doctor", "the default mode"],
      ["gpu-mode doctor r1", "what mode r1 takes"],
      ["gpu-mode doctor gaming", "a mode that serves nothing needs no RuntimeClass"],
      [`gpu-mode doctor --json | jq '.findings[] | select(.state == "fault")'`],
    ],
  },
  `Exit status: ${exitCodes.done} without a fault, also with warnings and unknown items; ${exitCodes.refused} with one; ${exitCodes.unreachable} where the cluster does not answer. docs/gpu-node.md explains every item.`,
];

export const verifySections: readonly Section[] = [
  {
    title: "Examples",
    items: [
      ["gpu-mode verify", "the active mode"],
      ["gpu-mode verify --strict", "end with 1 where a target is missed, too"],
      ["gpu-mode verify --failover", "take the server away for a while, after a question"],
      ["gpu-mode verify ml --url http://127.0.0.1:18000"],
      [`gpu-mode verify --json | jq '.measurements[] | select(.met == false)'`],
    ],
  },
  `Exit status: ${exitCodes.done} where no check fails, whatever was skipped; ${exitCodes.failed} where one does, or with --strict a target is missed; ${exitCodes.unreachable} where nobody answers. docs/verify.md explains every row.`,
];

export const driftSections: readonly Section[] = [
  {
    title: "Examples",
    items: [
      ["gpu-mode drift", "the active stack; changes nothing"],
      ["gpu-mode drift --markdown > drift.md", "a document for an issue"],
      ["gpu-mode drift --fix", "show, ask, and update the active stack"],
      ["gpu-mode drift --fix --prune --yes", "also delete what no stack declares, without a question"],
    ],
  },
  `Exit status: ${driftCodes.none} without drift; ${driftCodes.drift} with it; ${driftCodes.unknown} where it could not be told, as the cluster does not answer, does not allow it, or is being updated; ${exitCodes.failed} for any other error. docs/drift.md tells what is looked at.`,
];

export const initSections: readonly Section[] = [
  {
    title: "Examples",
    items: [
      ["gpu-mode init --context my-k3s", "look at that cluster, show the difference, ask, write"],
      ["gpu-mode init --context my-k3s --host vllm.home.example.org"],
      ["gpu-mode init --yes", "the cluster that Pulumi.yaml names, without a question"],
      ["gpu-mode init --json", "only the proposal, for a program"],
    ],
  },
  "The cluster is the one that --context and --kubeconfig name, else the environment (VLLM_PLATFORM_CONTEXT, VLLM_PLATFORM_KUBECONFIG), else Pulumi.yaml. Comments and all other lines of the file stay as they are.",
];
