/** The words of `gpu-mode doctor`: what GPU node and cluster have of what a mode takes. Nothing is changed. */
import { styleText } from "node:util";
import type { Finding } from "../cluster/findings/finding.ts";
import { faultsOf, verdictLine } from "../cluster/findings/verdict.ts";
import { checkCluster } from "../cluster/requirements/index.ts";
import { examineNode } from "../operations/doctor.ts";
import { anyPlan, openCluster, type Project, requireMode } from "../operations/project.ts";
import { aborted } from "../system/aborted.ts";
import { inOneLine } from "../system/terminal/foreign-text.ts";
import { jsonText } from "../system/terminal/json-text.ts";
import { exitCodes } from "./exit-codes.ts";
import { seconds } from "./progress.ts";

export interface DoctorOptions {
  json?: boolean;
  signal: AbortSignal;
}

/**
 * Prints every item and sets the exit status: `refused` where one of them is a fault.
 * @throws Ended where there is no such mode, UnreachableError where the cluster does not answer.
 */
export async function doctor(
  project: Project,
  mode: string | undefined,
  { json = false, signal }: DoctorOptions,
): Promise<void> {
  if (mode !== undefined) {
    requireMode(project, mode);
  }
  const plan = project.planOf(mode ?? anyPlan(project).settings.defaultMode);
  const { api, connection } = await openCluster(plan);
  const asking = Promise.all([
    told(`GPU node ${plan.settings.gpuNode.name}`, examineNode(project.folder, plan, api)),
    told(`cluster ${api.server}`, checkCluster(plan, api)),
  ]);
  const findings = (await Promise.race([asking, aborted(signal)])).flat();
  const { context } = connection;
  const found = { mode: plan.mode, cluster: { server: api.server, context }, findings };
  console.log(json ? jsonText(asJson(found)) : doctorText(found).join("\n"));
  if (faultsOf(findings).length > 0) {
    process.exitCode = exitCodes.refused;
  }
}

/** Who waits sees what is waited for. */
async function told<Value>(what: string, work: Promise<Value>): Promise<Value> {
  const start = performance.now();
  console.error(`  ${what} …`);
  const value = await work;
  console.error(`  ${what} done in ${seconds((performance.now() - start) / 1000)}`);
  return value;
}

export interface Found {
  mode: string;
  cluster: { server: string; context: string };
  findings: Finding[];
}

const states = ["ok", "warning", "fault", "unknown"] as const;

function asJson({ findings, ...rest }: Found): object {
  const counts = states.map((state) => [state, findings.filter((one) => one.state === state).length]);
  return { ...rest, ok: faultsOf(findings).length === 0, counts: Object.fromEntries(counts), findings };
}

const signs: Readonly<Record<Finding["state"], { sign: string; colour: Parameters<typeof styleText>[0] }>> = {
  ok: { sign: "✔", colour: "green" },
  warning: { sign: "!", colour: "yellow" },
  fault: { sign: "✖", colour: "red" },
  unknown: { sign: "?", colour: "cyan" },
};

/** What a person reads: a row for each item, what fixes it below, and the sum of all. Colour is only for a terminal. */
export function doctorText({ mode, findings }: Found): string[] {
  const width = Math.max(0, ...findings.map(({ item }) => item.length));
  const rows = findings.flatMap(({ item, state, found, fix }) => {
    const { sign, colour } = signs[state];
    const mark = `${sign} ${state.padEnd(7)}`;
    const start = `${mark}  ${item.padEnd(width)}  `;
    // Lines are not cut: a command in them can be copied as it is.
    return [
      `${styleText(colour, mark)}${start.slice(mark.length)}${inOneLine(found)}`,
      ...(fix === undefined ? [] : [`${" ".repeat(start.length)}→ ${fix}`]),
    ];
  });
  const faults = faultsOf(findings).length;
  const end =
    faults === 0
      ? `Nothing stands in the way of mode ${mode}`
      : `Mode ${mode} cannot work before ${faults === 1 ? "the fault is" : `the ${faults} faults are`} fixed`;
  return [...rows, "", `${end}: ${verdictLine(findings)}.`];
}
