import { InvalidArgumentError } from "commander";
import { UserError } from "../../../system/errors.ts";
import { nearest } from "../../../system/nearest.ts";
import { newCommand } from "../../../system/terminal/command-line.ts";
import { defaultSandboxDir, sandboxPaths } from "../base/paths.ts";
import { isClusterRunning } from "../cluster/index.ts";
import { openSandbox } from "../index.ts";
import { readSimulation } from "../simulation/index.ts";
import {
  type Scenario,
  type ScenarioName,
  scenarioDescriptions,
  scenarioNames,
} from "../simulation/scenarios.ts";
import { runEntry } from "./entry.ts";

/** `npm run sandbox -- …`: changes by hand what the sandbox simulates. */
await runEntry(async () => {
  const paths = sandboxPaths(defaultSandboxDir());
  const sandbox = openSandbox();
  const program = newCommand("npm run sandbox --", "Changes what the sandbox simulates.");

  const scenario = program
    .command("scenario")
    .description("what happens to pods with a GPU, those that live already included")
    .argument("<name>", "one of the scenarios below", oneOf(scenarioNames))
    .option("--load-seconds <n>", "from a container's start to readiness (default 3)", seconds)
    .option("--stop-seconds <n>", "that a pod takes to end (default 1)", seconds)
    .option("--run-seconds <n>", "that a container runs before it ends (default 1)", seconds)
    .option(
      "--back-off-seconds <n>",
      "until the next restart (default 5, or 0.5 where nothing fails any more)",
      seconds,
    )
    .option("--exit-code <n>", "of a crash or a failed smoke test (default 1)", Number)
    .addHelpText(
      "after",
      `\nScenarios:\n${scenarioNames.map((name) => `  ${name.padEnd(16)} ${scenarioDescriptions[name]}`).join("\n")}`,
    );
  scenario.action(async (name: ScenarioName, options: Omit<Scenario, "name">) => {
    await requireRunning();
    await sandbox.setScenario({ name, ...options });
    console.log(`Pods with a GPU now: ${scenarioDescriptions[name]}.`);
  });

  program
    .command("node")
    .description("the GPU node's power")
    .argument("<power>", "on or off", oneOf(["on", "off"]))
    .action(async (power: "on" | "off") => {
      await requireRunning();
      await sandbox.setGpuNodePower(power);
      console.log(`The GPU node is ${power}.`);
    });

  program
    .command("gpu")
    .description("whether the GPU node offers its GPU")
    .argument("<state>", "present or gone", oneOf(["present", "gone"]))
    .action(async (state: "present" | "gone") => {
      await requireRunning();
      await sandbox.setGpu(state);
      console.log(`The GPU is ${state}.`);
    });

  program
    .command("status")
    .description("what is simulated at present")
    .action(async () => {
      console.log(
        (await isClusterRunning(paths)) ? "The sandbox is running." : "The sandbox is not running.",
      );
      console.log(JSON.stringify(await readSimulation(paths), null, 2));
    });

  await program.parseAsync();

  async function requireRunning(): Promise<void> {
    if (!(await isClusterRunning(paths)))
      throw new UserError("The sandbox is not running; start it with `npm start`.");
  }
});

function seconds(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 3600))
    throw new InvalidArgumentError("It must be a number of seconds from 0 to 3600.");
  return value;
}

function oneOf(choices: readonly string[]): (text: string) => string {
  return (text) => {
    if (choices.includes(text)) return text;
    const meant = nearest(text, choices);
    throw new InvalidArgumentError(
      `It must be one of ${choices.join(", ")}.${meant === undefined ? "" : ` Is ${meant} meant?`}`,
    );
  };
}
