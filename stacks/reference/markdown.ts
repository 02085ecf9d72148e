// docs/configuration.md, from the schema of the settings.
import { inline } from "../rules/faults.ts";
import { type Described, describedAt } from "../settings/described.ts";
import { type SecretName, secretNames } from "../settings/index.ts";

/** One setting, as a row of a table. */
interface Row {
  path: string[];
  setting: Described;
}

/** The whole page. */
export function configurationPage(): string {
  const fields = Object.entries(describedAt([])?.properties ?? {});
  const single = fields.filter(([, { properties }]) => properties === undefined);
  const groups = fields.filter(([name, { properties }]) => properties !== undefined && !isSecret(name));
  const secrets = fields.filter(([name]) => isSecret(name));
  return [
    introduction,
    `## Single settings\n\n${table(single.map(([name, setting]) => ({ path: [name], setting })))}`,
    ...groups.map(
      ([name, group]) => `## \`${name}\`\n\n${group.description ?? ""}\n\n${table(rowsBelow([name], group))}`,
    ),
    `## Secrets\n\n${secretsText}\n\n${table(secrets.map(([name, setting]) => ({ path: [name], setting })))}`,
  ]
    .join("\n\n")
    .concat("\n");
}

function isSecret(name: string): boolean {
  return (secretNames as readonly string[]).includes(name);
}

function rowsBelow(path: string[], { properties = {} }: Described): Row[] {
  return Object.entries(properties).flatMap(([name, setting]) => {
    const inner = [...path, name];
    return setting.properties === undefined ? [{ path: inner, setting }] : rowsBelow(inner, setting);
  });
}

function table(rows: Row[]): string {
  const lines = rows.map(
    ({ path, setting }) =>
      `| \`${path.join(".")}\` | ${typeOf(path, setting)} | ${defaultText(setting)} | ${setting.description ?? ""} | ${exampleText(path, setting)} |`,
  );
  return ["| key | type | default | what for | example |", "|---|---|---|---|---|", ...lines].join("\n");
}

/** What is allowed, in the words in which an error says it. */
function typeOf(path: string[], { allowed = "" }: Described): string {
  return isSecret(path[0] ?? "")
    ? "Pulumi secret"
    : allowed.replace(/^must be ((an?|the) )?/, "").replaceAll("|", "\\|");
}

function defaultText({ default: value }: Described): string {
  return value === undefined ? "–" : `\`${inline(value)}\``;
}

/** The example as a line of a mode's file. */
function exampleText(path: string[], { examples = [] }: Described): string {
  const [top = "", ...below] = path;
  if (isSecret(top)) {
    return `\`npm run set-secret -- ${top}\``;
  }
  const value = below.reduceRight<unknown>((inner, key) => ({ [key]: inner }), examples[0]);
  return `\`${inline({ [`vllm-platform:${top}`]: value })}\``;
}

const someSecret: SecretName = secretNames[0];

const introduction = `# Configuration

<!-- Generated from stacks/settings/index.ts by \`npm run generate\`. Change the texts there. -->

What one mode is stands in \`Pulumi.<mode>.yaml\`, what all modes share in \`Pulumi.yaml\`. A new mode is one new file:

\`\`\`yaml
# Pulumi.coder.yaml
config:
  vllm-platform:model: TheBloke/deepseek-coder-6.7B-instruct-AWQ
\`\`\`

**For one mode**, write the key into its file, or let Pulumi do it:

\`\`\`bash
pulumi config set maxModelLen 4096 -s ml                       # a single setting
pulumi config set --path image.tag v0.8.5.post1 -s ml          # one of a group
pulumi config rm maxModelLen -s ml                             # back to the shared value, or to the default
\`\`\`

**For all modes**, write it into \`Pulumi.yaml\`. Pulumi wants a group there under \`value:\`, and has no command for it:

\`\`\`yaml
config:
  vllm-platform:maxModelLen: 4096
  vllm-platform:route:
    value:
      host: vllm.home.example.org
\`\`\`

A key in a mode's file wins over the same key in \`Pulumi.yaml\`. A group wins **as a whole**: a \`cache\` or \`image\` in a mode's
file replaces the shared one, and what it does not say has its default, not the shared value. The same goes for
\`pulumi config set --path\`, which starts a group of the mode's own.

A key that does not exist, a setting outside \`config:\` or under a mistyped namespace, a value that is not allowed and settings that contradict each other are refused before anything
changes, all of them at once. Editors that know \`yaml-language-server\` complete and check the keys by the first line of
each file; the schemas are in \`docs/schema/\`.

Numbers and switches may be written as text (\`"8192"\`), and text that looks like a number or a switch needs no quotes.
What Pulumi reads otherwise than YAML 1.2, such as \`8_192\`, \`017\`, a date or \`<<:\`, is refused.`;

const secretsText = `A secret stands encrypted in the mode's file and is set by a command, never by hand. \`Pulumi.yaml\` cannot hold one, so
what all modes share is set in each:

\`\`\`bash
npm run set-secret -- ${someSecret}                # all modes; asks for the value, or reads it from standard input
pulumi config set --secret ${someSecret} -s ml     # one mode
\`\`\`

The first does the second for every mode that has a stack, with whatever state backend and passphrase the environment
names, and says which modes have none yet (\`pulumi stack init <mode>\`). The key for clients is no secret of these files: \`apiKey: true\`
generates it.`;
