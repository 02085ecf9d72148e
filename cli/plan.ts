/** The words of `gpu-mode plan`: would this work? From the project's files alone: no engine, no cluster, nothing is changed. */

import { type Project, requireMode } from "../operations/project.ts";
import { answerLines, planQuestion, type Question } from "../stacks/ask.ts";
import { jsonText } from "../system/terminal/json-text.ts";
import { exitCodes } from "./exit-codes.ts";

/**
 * Prints the answer and sets the exit status: `refused` where a gate refuses.
 * @throws Ended where there is no such mode, RefusedError where the question cannot be planned.
 */
export function plan(project: Project, { json = false, ...question }: Question & { json?: boolean }): void {
  if (question.mode !== undefined) {
    requireMode(project, question.mode);
  }
  const answer = planQuestion(project.folder, question);
  console.log(json ? jsonText(answer) : answerLines(answer).join("\n"));
  if (!answer.works) {
    process.exitCode = exitCodes.refused;
  }
}
