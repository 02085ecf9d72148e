/**
 * The program that the command resource `node-check` runs, before anything else: prints what it saw of the GPU node on standard
 * error and one line on standard output, and exits 0; where the node cannot serve the mode, prints every reason with its fix
 * and exits 1.
 */
import { text } from "node:stream/consumers";
import type { Settings } from "../../stacks/settings/index.ts";
import { resolveConnection } from "../api/connection.ts";
import { openApi } from "../api/index.ts";
import { readHolder } from "../claim/read.ts";
import type { Finding } from "../findings/finding.ts";
import { forceVariable, refusal } from "../findings/refusal.ts";
import { faultsOf, findingLine, verdictLine } from "../findings/verdict.ts";
import { checkNode } from "../gpu-node/check.ts";
import type { NodeSubject } from "../gpu-node/judge/subject.ts";
import { tell } from "./events.ts";
import { runProgram } from "./run.ts";

/** What the resource hands over in `VLLM_PLATFORM_NODE_CHECK`, as JSON. */
export interface NodeQuestion {
  cluster: Settings["cluster"];
  subject: NodeSubject;
  /** The stack that declares the mode. */
  stack: string;
  /** The switch that the check belongs to, so that each one asks. */
  switchNumber: number;
  /** Whether the private key of the SSH user comes on standard input. */
  keyOnStandardInput: boolean;
}

await runProgram("VLLM_PLATFORM_NODE_CHECK", async (question: NodeQuestion) => {
  const { cluster, subject, stack, keyOnStandardInput } = question;
  const sshKey = keyOnStandardInput ? await text(process.stdin) : undefined;
  const api = await openApi(resolveConnection(cluster, process.env));
  const holder = await readHolder(api);
  const findings = await checkNode(subject, {
    api,
    switching: holder.stack !== stack,
    ...(sshKey === undefined ? {} : { sshKey }),
  });
  const faults = faultsOf(findings);
  const forced = Boolean(process.env[forceVariable]);
  if (faults.length > 0 && !forced) {
    const { message } = refusal("GPU node", subject.mode, faults);
    tell({ kind: "refused", message });
    console.error(message);
    return 1;
  }
  for (const finding of findings) {
    const line = `${finding.state === "fault" ? "declared all the same: " : ""}${findingLine(finding)}`;
    if (finding.state === "fault" || finding.state === "warning") {
      tell({ kind: "node-warning", text: line });
    }
    console.error(`${finding.state === "fault" ? "warning" : finding.state}: ${line}`);
  }
  console.log(verdictOf(findings, question));
  return 0;
});

function verdictOf(findings: readonly Finding[], { subject }: NodeQuestion): string {
  const { ssh, name } = subject.settings.gpuNode;
  const source = ssh === undefined ? "by what the cluster knows" : "by SSH";
  return `${name}, ${source}: ${verdictLine(findings)}`;
}
