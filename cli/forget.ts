/** `gpu-mode forget <stack>`: drops what Pulumi remembers of a standby stack. The cluster is read, and never changed. */

import { forgetStack, mayForget } from "../operations/forget.ts";
import type { Project } from "../operations/project.ts";
import { confirm } from "../system/terminal/confirm.ts";
import { jsonText } from "../system/terminal/json-text.ts";

export interface ForgetOptions {
  force?: boolean;
  yes?: boolean;
  json?: boolean;
  signal: AbortSignal;
}

export async function forget(
  project: Project,
  stack: string,
  { force = false, yes = false, json = false, signal }: ForgetOptions,
): Promise<void> {
  const active = await mayForget(project, stack, { force });
  if (!yes) {
    await confirm({
      text: `Drop all that Pulumi remembers of stack ${stack}? The cluster stays as it is.`,
      nobody: `Nobody can be asked here whether to forget stack ${stack}`,
      signal,
    });
  }
  signal.throwIfAborted();
  await forgetStack(project, stack, { signal, say: (text) => console.error(text) });
  console.log(
    json
      ? jsonText({ forgotten: stack, active: active ?? null })
      : `Stack ${stack} is forgotten: its state is gone, ${
          project.modes.includes(stack)
            ? `the cluster and Pulumi.${stack}.yaml are as they were. gpu-mode ${stack} makes it anew.`
            : "the cluster is as it was."
        }`,
  );
}
