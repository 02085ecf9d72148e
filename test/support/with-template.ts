// Makes the template of a test run's sandboxes.
import { sandboxPaths } from "../../lab/sandbox/base/paths.ts";
import { listModes } from "../../lab/sandbox/pulumi/project.ts";
import { keyServiceUrl, startKeyService } from "./key-service.ts";
import { pulumiSucceeds } from "./pulumi.ts";
import { freshSandbox, silentProgress } from "./sandbox.ts";
import { templateVariable } from "./template.ts";

/** Runs tests that can make their sandboxes of one template. */
export async function withTemplate(run: () => Promise<void>): Promise<void> {
  const [sandbox, keys] = await Promise.all([freshSandbox(), startKeyService()]);
  try {
    Object.assign(process.env, keys.variables);
    await sandbox.start({ progress: silentProgress });
    for (const mode of await listModes(sandboxPaths(sandbox.dir).files)) {
      await pulumiSucceeds(sandbox, ["stack", "change-secrets-provider", keyServiceUrl, "-s", mode]);
    }
    await sandbox.stop();
    process.env[templateVariable] = sandbox.dir;
    await run();
  } finally {
    for (const name of [templateVariable, ...Object.keys(keys.variables)]) delete process.env[name];
    await sandbox.remove();
    keys.close();
  }
}
