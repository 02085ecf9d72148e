// The SSH user's key must come from one place.
import type { Rule } from "./rule.ts";

const ways =
  "set the secret by `npm run set-secret -- sshKey < <key file>`, name gpuNode.ssh.keyFile, or set gpuNode.ssh.agent to true";

export const sshRules: readonly Rule[] = [
  {
    reads: ["gpuNode.ssh", "sshKey"],
    findings: ({ sshKey, gpuNode: { ssh } }) => {
      if (ssh === undefined) {
        return sshKey === undefined
          ? []
          : [
              {
                path: ["sshKey"],
                problem: "is set, but gpuNode.ssh does not say which host it is for",
                fix: "Set gpuNode.ssh, or remove the key with `pulumi config rm sshKey`",
              },
            ];
      }
      const set = [
        ...(sshKey === undefined ? [] : ["the secret sshKey"]),
        ...(ssh.keyFile === undefined ? [] : ["gpuNode.ssh.keyFile"]),
        ...(ssh.agent ? ["gpuNode.ssh.agent"] : []),
      ];
      if (set.length === 1) {
        return [];
      }
      return [
        set.length === 0
          ? {
              path: ["gpuNode", "ssh"],
              found: undefined,
              problem: "no key of the user is named",
              fix: `Do one of three: ${ways}`,
            }
          : {
              path: ["gpuNode", "ssh"],
              found: undefined,
              problem: `the user's key can come from one place only, and ${set.join(" and ")} are set`,
              fix: "Keep one of them",
            },
      ];
    },
  },
];
