/** A comment as a pull request would have it: two edits of this clone's files, compared with the files as they are. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { bodyOf } from "../../ci/preview-body.ts";
import { previewMarkdown } from "../preview/report.ts";
import { ownSide } from "../preview/side.ts";
import { reportsOf } from "../preview/verdict.ts";

/** What the pull request changes: a longer context, and an engine that is too new for the node's driver. */
const edits = {
  "Pulumi.ml.yaml": { maxModelLen: 12_288 },
  "Pulumi.coder.yaml": { image: { tag: "v0.9.2" } },
} as const;

const head = "4f1c2d97a3b05e6886d1c04b7f3a9e25d0c8b716";

export function exampleComment(clone: string): string {
  const folder = mkdtempSync(join(tmpdir(), "vllm-platform-picture-"));
  try {
    for (const name of readdirSync(clone).filter((one) => /^Pulumi(\..*)?\.yaml$/.test(one))) {
      cpSync(join(clone, name), join(folder, name));
    }
    for (const [name, values] of Object.entries(edits)) {
      const document = parseDocument(readFileSync(join(folder, name), "utf8"));
      for (const [key, value] of Object.entries(values)) {
        document.setIn(["config", `vllm-platform:${key}`], value);
      }
      writeFileSync(join(folder, name), document.toString());
    }
    const base = "b7e09d1";
    const commits = {
      head: head.slice(0, 7),
      base,
      baseName: "main",
      at: "2026-01-15 20:04 UTC",
      notes: [],
      again: `--base ${base}`,
    };
    const report = previewMarkdown(reportsOf(ownSide(clone), ownSide(folder)), commits);
    const run = {
      run_number: 12,
      run_attempt: 1,
      workflow_id: 1,
      head_sha: head,
      html_url: "https://github.com/you/vllm-platform/actions/runs/1",
    };
    return bodyOf(run, { lines: report.trimEnd().split("\n").slice(1) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
