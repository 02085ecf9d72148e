// The files that are generated from the schema of the settings, and what they must hold.
import { modeFileSchema, projectFileSchema } from "./json-schema.ts";
import { configurationPage } from "./markdown.ts";

/** Content by path below the project's folder. */
export function generatedFiles(): Record<string, string> {
  return {
    "docs/configuration.md": configurationPage(),
    "docs/schema/mode.schema.json": json(modeFileSchema()),
    "docs/schema/project.schema.json": json(projectFileSchema()),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
