// docs/policy.md, from the policies.
import { policies } from "../policy/index.ts";

/** The whole page. */
export function policyPage(): string {
  const rows = policies.map(({ name, demands }) => `| \`${name}\` | ${demands.replaceAll("|", "\\|")} |`);
  return [introduction, ["| policy | what it demands, and why |", "| --- | --- |", ...rows].join("\n"), rest]
    .join("\n\n")
    .concat("\n");
}

const introduction = `# Policy

<!-- Generated from stacks/policy/ by \`npm run generate\`. Change the texts there. -->

Rules and gates judge what is written in \`Pulumi*.yaml\`. Policies judge the Kubernetes objects that came out of it, whoever or whatever
made them: an edit of this project that loses a fence is noticed although no setting is wrong. Every mode has all of these:`;

const rest = `A violation names the policy, the object, the field, the value found and what to do:

\`\`\`
one-gpu: Deployment/vllm-server spec.strategy.type is RollingUpdate: Set it to Recreate
\`\`\`

They are asked of every mode, and of one with every option on, by \`npm test\`; and by [a policy pack](../policy-pack/README.md), of
what Pulumi is about to apply:

\`\`\`bash
pulumi up -s ml --policy-pack policy-pack
pulumi up -s ml --policy-pack policy-pack --policy-pack-config policy.json   # {"all": "advisory"}: it only warns
\`\`\`

That takes a Pulumi of your own: the sandbox's, where it was built from Go modules, cannot run packs.

The policies know the platform's own objects. What you add to the stack is judged, too: it is in the platform's namespace, its pods are
hardened, and so on.`;
