/** The words of `gpu-mode plan`: would this work? From the project's files alone: no engine, no cluster, nothing is changed. */
import { InvalidArgumentError } from "commander";
import { answerLines, planQuestion, type Question } from "../stacks/ask.ts";
import { exitCodes } from "./exit-codes.ts";
import { type Project, requireMode } from "./project.ts";

/**
 * Prints the answer and sets the exit status: `refused` where a gate refuses.
 * @throws Ended where there is no such mode, RefusedError where the question cannot be planned.
 */
export function plan(project: Project, { json = false, ...question }: Question & { json?: boolean }): void {
  if (question.mode !== undefined) {
    requireMode(project, question.mode);
  }
  const answer = planQuestion(project.folder, question);
  console.log(json ? JSON.stringify(answer, null, 2) : answerLines(answer).join("\n"));
  if (!answer.works) {
    process.exitCode = exitCodes.refused;
  }
}

/** A number of tokens as the command line has it. */
export function tokens(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidArgumentError("It must be a whole number of tokens, such as 8192.");
  }
  return Number(text);
}
