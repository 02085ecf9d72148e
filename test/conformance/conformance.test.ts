/**
 * Plays the tables of exchanges against the plugins of the toolchain, through the protocol itself: a stand-in that differs
 * from the official plugin fails here, and so does an official plugin that no longer is what the tables recorded.
 *
 * Does not prove: what the engine makes of the answers; anything about resource types that this project does not use.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandExchanges } from "./command/index.ts";
import { type Exchange, play } from "./exchange.ts";
import { type Answer, type Plugin, startPlugin } from "./plugin.ts";
import { pluginsUnderTest } from "./plugins.ts";
import { randomExchanges } from "./random/index.ts";
import { commandSchema, type ResourceSchema, randomSchema, readSchema, usedPart } from "./schema.ts";

type Kind = "stand-in" | "official";

const suites: {
  part: "pulumi-resource-command" | "pulumi-resource-random";
  exchanges: Exchange[];
  schema: ResourceSchema;
}[] = [
  { part: "pulumi-resource-command", exchanges: commandExchanges, schema: commandSchema },
  { part: "pulumi-resource-random", exchanges: randomExchanges, schema: randomSchema },
];

for (const { part, exchanges, schema } of suites) {
  const executables = await pluginsUnderTest(part);
  if (executables.length === 0) {
    describe(part, () => {
      it("is not in the toolchain yet: `npm run toolchain` brings it");
    });
  }
  for (const executable of executables) {
    const kind = await kindOf(executable);
    describe(`${part} (${kind}: ${executable})`, () => {
      let folder: string;
      let plugin: Plugin;

      before(async () => {
        folder = mkdtempSync(join(tmpdir(), "conformance-"));
        mkdirSync(join(folder, "sub"));
        plugin = await start(executable, folder);
      });

      after(async () => {
        await plugin?.stop();
        rmSync(folder, { recursive: true, force: true });
      });

      for (const exchange of exchanges.filter(({ only }) => !only || only === kind)) {
        it(exchange.name, () => play(plugin, exchange));
      }

      it("describes the resource type", async () => {
        const described = (await readSchema(plugin)).resources[schema.token];
        assert.ok(described);
        assert.deepEqual(kind === "official" ? usedPart(described, schema) : described, schema.resource);
      });

      it("ends when it is interrupted", async () => {
        const interrupted = await start(executable, folder);
        const ended = once(interrupted.process, "exit");
        interrupted.process.kill("SIGINT");
        await ended;
        await interrupted.stop();
      });

      if (part === "pulumi-resource-command") describeCancelling(kind, () => start(executable, folder));
      // Both stand-ins end by the same code; only a command tells by its log that the plugin had reached the engine.
      if (kind === "stand-in" && part === "pulumi-resource-command") {
        describeVanishing(() => start(executable, folder));
      }
    });
  }
}

function start(executable: string, folder: string): Promise<Plugin> {
  return startPlugin(executable, { cwd: folder, env: { PATH: process.env.PATH ?? "", MARK: "plugin" } });
}

async function kindOf(executable: string): Promise<Kind> {
  const plugin = await start(executable, tmpdir());
  const { description } = await readSchema(plugin);
  await plugin.stop();
  return description?.startsWith("Stand-in:") ? "stand-in" : "official";
}

const urn = "urn:pulumi:dev::conformance::command:local:Command::probe";

/** A command that starts another one and says the process id of that; both would run for ten minutes. */
const lasting = { create: "sleep 600 >/dev/null 2>&1 & echo $!; exec sleep 600" };

/** Starts the lasting command and waits until it runs. */
async function startLasting(plugin: Plugin): Promise<{ answer: Promise<Answer>; descendant: number }> {
  const answer = plugin.call("create", { urn, properties: lasting });
  for (;;) {
    const [shown] = plugin.takeLogs();
    if (shown) return { answer, descendant: Number(shown.message) };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function describeCancelling(kind: Kind, start: () => Promise<Plugin>): void {
  it("kills what runs when the engine cancels, and starts nothing more", async () => {
    const plugin = await start();
    const { answer, descendant } = await startLasting(plugin);
    assert.deepEqual(await plugin.call("cancel"), { reply: {} });
    assert.deepEqual(await answer, {
      error: { code: 2, message: `signal: killed: running "${lasting.create}":\n${descendant}\n` },
    });
    await play(plugin, {
      name: "refuses further commands",
      call: "create",
      request: { urn, properties: { create: "echo a" } },
      error: { code: 1, message: 'context canceled: running "echo a":\n' },
    });
    // The official plugin kills the first process only.
    if (kind === "official") process.kill(descendant, "SIGKILL");
    await whenEnded(descendant);
    await plugin.stop();
  });
}

/** The official plugins notice late that the engine is gone, and leave commands behind. */
function describeVanishing(start: () => Promise<Plugin>): void {
  it("ends when the engine has vanished, and leaves no process behind", async () => {
    const plugin = await start();
    const ended = once(plugin.process, "exit");
    const running = await startLasting(plugin);
    plugin.loseEngine();
    await ended;
    await whenEnded(running.descendant);
    await plugin.stop();
  });
}

/** Waits until no process has the id; the test's own time limit ends the waiting. */
async function whenEnded(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
