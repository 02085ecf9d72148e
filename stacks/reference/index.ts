// The files that are generated from the schema of the settings and from the policies, and what they must hold.
import { n8nWorkflow } from "../clients/n8n-workflow.ts";
import { fallback } from "../settings/network.ts";
import { modeFileSchema, projectFileSchema } from "./json-schema.ts";
import { configurationPage } from "./markdown.ts";
import { policyPage } from "./policies.ts";

/** Content by path below the project's folder. */
export function generatedFiles(): Record<string, string> {
  return {
    "docs/configuration.md": configurationPage(),
    "docs/policy.md": policyPage(),
    "docs/schema/mode.schema.json": json(modeFileSchema()),
    "docs/schema/project.schema.json": json(projectFileSchema()),
    "examples/n8n/gpu-or-cpu.json": n8nWorkflow(fallback.parse({}), true),
  };
}

/** With a setting's text before its form. What is allowed, its form tells; the words are for errors. */
function json(value: unknown): string {
  const first = { default: undefined, description: undefined, examples: undefined };
  const ordered = (_key: string, part: unknown) =>
    typeof part === "object" && part !== null && ("examples" in part || "allowed" in part)
      ? { ...first, ...part, allowed: undefined }
      : part;
  return `${JSON.stringify(value, ordered, 2)}\n`;
}
