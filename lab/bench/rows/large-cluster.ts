import { outputOf } from "../../../system/processes.ts";
import { temporarySandbox } from "../../sandbox/temporary.ts";
import { addCrowd } from "../runs/crowd.ts";
import { alternate, median, type Variant } from "../runs/measure.ts";
import { simulated } from "../runs/world.ts";
import type { Measure, MeasuredRow } from "./row.ts";

const crowd = { nodes: 1000, pods: 10_000, namespaces: 50 } as const;
const runs = 5;
/** As often as long as with the reference setup's two nodes. */
const atMost = 2;

export const largeCluster: MeasuredRow = {
  name: "large-cluster",
  title: `The commands in a cluster of 2 nodes, and with ${crowd.nodes.toLocaleString("en")} nodes and ${crowd.pods.toLocaleString("en")} pods of others: medians of ${runs}`,
  usual: 300,
  async run({ progress, signal }) {
    const sandbox = await temporarySandbox();
    const run = async (command: string, ...args: string[]): Promise<void> => {
      await outputOf(command, args, { env: sandbox.environment() });
    };
    const commands: Variant[] = [
      { name: "gpu-mode status", run: () => run("gpu-mode", "status") },
      { name: "gpu-mode doctor", run: () => run("gpu-mode", "doctor") },
      { name: "pulumi preview", run: () => run("pulumi", "preview", "-s", "ml", "--non-interactive") },
      { name: "gpu-mode gaming", run: () => run("gpu-mode", "gaming") },
      { name: "gpu-mode ml", run: () => run("gpu-mode", "ml") },
    ];
    try {
      await sandbox.start({ progress, scenario: { name: "healthy", ...simulated } });
      await run("gpu-mode", "ml");
      const medians = async (where: string): Promise<Map<string, number>> => {
        const measured = await progress.step(`measure with ${where}`, { usual: 60 }, (note) =>
          alternate(commands, { runs, note, signal }),
        );
        return new Map([...measured].map(([name, seconds]) => [name, median(seconds)]));
      };
      const small = await medians("2 nodes");
      await progress.step(`add ${crowd.nodes} nodes and ${crowd.pods} pods`, { usual: 60 }, () =>
        addCrowd(sandbox.dir, crowd),
      );
      const large = await medians(`${crowd.nodes} nodes more`);
      return commands.flatMap(({ name }): Measure[] => {
        const [few, many] = [small.get(name) ?? Number.NaN, large.get(name) ?? Number.NaN];
        return [
          { name: `${name}, 2 nodes`, value: hundredths(few), unit: "s" },
          {
            name: `${name}, large cluster`,
            value: hundredths(many),
            unit: "s",
            target: hundredths(atMost * few),
          },
        ];
      });
    } finally {
      await sandbox.remove();
    }
  },
};

const hundredths = (seconds: number): number => Math.round(seconds * 100) / 100;
