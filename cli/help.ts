/** What a command's help says behind its options: lists and paragraphs, wrapped as Commander wraps those. */
import type { Command } from "commander";
import type { Plan } from "../stacks/plan.ts";
import { exitCodes, exitMeanings } from "./exit-codes.ts";
import type { Project } from "./project.ts";

/** A paragraph, or a list with its title; an item without a description has a line of its own. */
export type Section =
  | string
  | { readonly title: string; readonly items: readonly (readonly [term: string, description?: string])[] };

/** Adds sections to a command's help, made when they are asked for. Returns the command. */
export function addSections(command: Command, sections: () => readonly Section[]): Command {
  return command.addHelpText("after", () => textOf(command, sections()));
}

/** Wrapped at the width of the terminal, or at 80 columns where there is none; a term stays whole. */
function textOf(command: Command, sections: readonly Section[]): string {
  const helper = command.createHelp();
  const helpWidth = command.configureOutput().getOutHelpWidth?.() ?? 80;
  helper.prepareContext({ helpWidth });
  const layOut = (section: Section): string => {
    if (typeof section === "string") {
      return helper.boxWrap(section, helpWidth);
    }
    const described = section.items.filter(([, description]) => description !== undefined);
    const width = Math.max(0, ...described.map(([term]) => term.length));
    const lines = section.items.map(([term, description]) =>
      helper.formatItem(term, width, description ?? "", helper),
    );
    return [`${section.title}:`, ...lines].join("\n");
  };
  return sections.map((section) => `\n${layOut(section)}`).join("\n");
}

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
    ["gpu-mode doctor", "whether GPU node and cluster have what a mode takes, and how to mend it"],
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

export const initSections: readonly Section[] = [
  {
    title: "Examples",
    items: [
      ["gpu-mode init --context my-k3s", "look at that cluster, show the difference, ask, write"],
      ["gpu-mode init --context my-k3s --host llm.home.example.org"],
      ["gpu-mode init --yes", "the cluster that Pulumi.yaml names, without a question"],
      ["gpu-mode init --json", "only the proposal, for a program"],
    ],
  },
  "The cluster is the one that --context and --kubeconfig name, else the environment (VLLM_PLATFORM_CONTEXT, VLLM_PLATFORM_KUBECONFIG), else Pulumi.yaml. Comments and all other lines of the file stay as they are.",
];
