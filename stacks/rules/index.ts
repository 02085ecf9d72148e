// What must hold between settings that are each well-formed by themselves.
import type { Finding } from "../faults.ts";
import type { Settings } from "../settings.ts";
import { argumentRules } from "./arguments.ts";
import { exclusionRules } from "./exclusions.ts";
import { imageRules } from "./image.ts";
import { modelRules } from "./model.ts";
import { resourceRules } from "./resources.ts";
import { sshRules } from "./ssh.ts";

/** What a rule may know besides the settings. */
export interface RuleContext {
  mode: string;
  /** Whether the key is written in the mode's own file, and not only in the shared one. */
  isOwn(key: string): boolean;
}

/** One thing that must hold between settings. */
export interface Rule {
  /** Settings that it reads, as dotted paths. Where one of them is faulty by itself, the rule is not asked. */
  reads: readonly string[];
  findings(settings: Settings, context: RuleContext): Finding[];
}

export const rules: readonly Rule[] = [
  ...modelRules,
  ...imageRules,
  ...argumentRules,
  ...resourceRules,
  ...exclusionRules,
  ...sshRules,
];
