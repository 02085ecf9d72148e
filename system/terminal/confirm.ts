/** A question to the person before something is done. */

import { createInterface } from "node:readline/promises";
import { Ended } from "../errors.ts";

export interface Question {
  /** The question, without the way to answer. */
  text: string;
  /** Said where nobody can be asked. */
  nobody: string;
  signal: AbortSignal;
}

/** @throws Ended for any answer but yes, and where there is no terminal to ask on. */
export async function confirm({ text, nobody, signal }: Question): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new Ended("usage", `${nobody}: add --yes.`);
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question(`${text} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) {
      throw new Ended("refused", "Nothing was changed.");
    }
  } finally {
    asking.close();
  }
}
