// A sandbox's folder of a test's own, and a script that plays kubectl.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SandboxPaths, sandboxPaths } from "../../../../lab/sandbox/base/paths.ts";
import type { ClusterAccess } from "../../../../lab/sandbox/cluster/access.ts";

export class Folder {
  readonly paths: SandboxPaths = sandboxPaths(mkdtempSync(join(tmpdir(), "sandbox-unit-")));
  readonly dir = this.paths.dir;

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** An executable of these lines of sh. */
  script(name: string, lines: string): string {
    const file = join(this.dir, name);
    writeFileSync(file, `#!/bin/sh\n${lines}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  /** Runs these lines for each call, and notes its arguments. */
  playKubectl(lines: string): ClusterAccess {
    const kubectl = this.script("kubectl", `echo "$*" >> ${join(this.dir, "calls")}\n${lines}`);
    return { kubectl, paths: this.paths };
  }

  calls(): string[] {
    const file = join(this.dir, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  }
}
