// Makes the template of a test run's sandboxes.
import { startKeyService } from "../../lab/sandbox/pulumi/key-service.ts";
import { freshSandbox, silentProgress } from "./sandbox.ts";
import { templateVariable } from "./template.ts";

/** Runs tests that can make their sandboxes of one template. */
export async function withTemplate(run: () => Promise<void>): Promise<void> {
  const [sandbox, keys] = await Promise.all([freshSandbox(), startKeyService()]);
  try {
    Object.assign(process.env, keys.variables);
    await sandbox.start({ progress: silentProgress, keys });
    await sandbox.stop();
    process.env[templateVariable] = sandbox.dir;
    await run();
  } finally {
    for (const name of [templateVariable, ...Object.keys(keys.variables)]) delete process.env[name];
    await sandbox.remove();
    keys.close();
  }
}
