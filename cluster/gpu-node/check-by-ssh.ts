/** The GPU node, asked by SSH. */
import { oneLine } from "../../system/terminal/foreign-text.ts";
import type { Finding } from "../findings/finding.ts";
import { readAnswer } from "./facts/answer.ts";
import { factsOf } from "./facts/index.ts";
import { nodeProgram } from "./facts/program.ts";
import { judgeNode } from "./judge/index.ts";
import type { NodeSubject } from "./judge/subject.ts";
import { SshFault } from "./ssh/fault.ts";
import { askBySsh, type Output } from "./ssh/index.ts";
import { userKey } from "./ssh/key.ts";

/**
 * Asks the node and judges its answer.
 * @param sshKey value of the secret `sshKey`, where it is set.
 */
export async function checkBySsh(
  subject: NodeSubject,
  { sshKey, environment }: { sshKey: string | undefined; environment: NodeJS.ProcessEnv },
): Promise<Finding[]> {
  const { ssh } = subject.settings.gpuNode;
  if (ssh === undefined) {
    throw new TypeError("gpuNode.ssh is not set");
  }
  const item = "SSH";
  try {
    const key = userKey(ssh, sshKey, environment);
    const output = await askBySsh(ssh, key, nodeProgram(subject.cacheFolder), environment);
    return [...judgeOutput(subject, output, `${ssh.user}@${ssh.host}`)];
  } catch (error) {
    if (error instanceof SshFault) {
      return [{ item, state: "fault", found: error.message, fix: error.fix }];
    }
    throw error;
  }
}

/** @param at user and host, for messages. */
export function judgeOutput(
  subject: NodeSubject,
  { bytes, errors, complete }: Output,
  at: string,
): Finding[] {
  const item = "SSH";
  const answer = readAnswer(bytes);
  if (!answer.begun) {
    const said = oneLine(errors || bytes.toString("utf8", 0, 1000));
    return [
      {
        item,
        state: "fault",
        found: `${at} does not run the program that asks the node${said === "" ? "" : `; it says: ${said}`}`,
        fix: "Give the user a shell that runs `sh -s`; a start-up file that ends the shell, or a forced command, is in the way",
      },
    ];
  }
  const { unfinished } = answer;
  if (answer.sections["smi-gpus"] === undefined && unfinished !== "smi-gpus") {
    return [
      {
        item,
        state: "fault",
        found: `the answer of ${at} breaks off${unfinished === undefined ? "" : ` at ${unfinished}`}, before nvidia-smi was asked`,
        fix: "Run the same command again; if it breaks off there again, run that tool on the node and look",
      },
    ];
  }
  const whole = complete && unfinished === undefined;
  return [
    whole
      ? { item, state: "ok", found: at }
      : {
          item,
          state: "warning",
          found: `the answer of ${at} breaks off${unfinished === undefined ? "" : ` at ${unfinished}`}`,
        },
    ...judgeNode(subject, factsOf(answer)),
  ];
}
