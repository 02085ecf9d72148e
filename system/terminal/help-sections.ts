/** What a command's help says behind its options: lists and paragraphs, wrapped as Commander wraps those. */
import type { Command } from "commander";

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
