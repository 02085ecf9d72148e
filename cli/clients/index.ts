/** The words of `gpu-mode clients`: what a client has to be told. From the project's files alone; nothing is changed. */
import { anyPlan, type Project, requireMode } from "../../operations/project.ts";
import { type ClientName, clientAnswer, clientNames } from "../../stacks/clients/index.ts";
import { Ended } from "../../system/errors.ts";
import { nearest } from "../../system/nearest.ts";
import { jsonText } from "../../system/terminal/json-text.ts";

/**
 * Prints a client's configuration, so that one of a single file can be written to that.
 * @throws Ended where there is no such client or mode, RefusedError where the mode's files have faults.
 */
export function printClient(
  project: Project,
  client: string,
  { mode, json = false }: { mode: string | undefined; json?: boolean },
): void {
  requireClient(client);
  if (mode !== undefined) {
    requireMode(project, mode);
  }
  const answer = clientAnswer(project.planOf(mode ?? anyPlan(project).settings.defaultMode), client);
  if (json) {
    console.log(jsonText(answer));
    return;
  }
  const several = answer.texts.length > 1;
  for (const { title, file, text } of answer.texts) {
    process.stdout.write(several ? `== ${title} (${file})\n\n${text}\n` : text);
  }
}

function requireClient(client: string): asserts client is ClientName {
  if (!(clientNames as string[]).includes(client)) {
    const meant = nearest(client, clientNames);
    throw new Ended(
      "usage",
      `There is no configuration for ${client}; there is one for ${clientNames.join(", ")}.${meant === undefined ? "" : ` Is ${meant} meant?`}`,
    );
  }
}
