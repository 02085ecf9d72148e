/** `npm run generate`: writes what is generated from the schema of the settings and from the policies. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { generatedFiles } from "./index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const generate = (): void => {
  for (const [path, content] of Object.entries(generatedFiles())) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    console.log(path);
  }
};

await inWords(() =>
  newCommand(
    "npm run generate --",
    "Writes docs/configuration.md, docs/schema/ and examples/n8n/ from the schema of the settings, and docs/policy.md from the policies.",
  )
    .action(generate)
    .parseAsync(),
);
