// What a rule between settings is.
import type { Resolved } from "../resolve/index.ts";
import type { Settings } from "../settings/index.ts";
import type { Finding } from "./faults.ts";

/** What a rule may know besides the settings. */
export interface RuleContext {
  mode: string;
  /** Whether the key is written in the mode's own file, and not only in the shared one. */
  isOwn(key: string): boolean;
  /** What the settings name, looked up. */
  resolved: Resolved;
}

/** One thing that must hold between settings. */
export interface Rule {
  /** Settings that it reads, as dotted paths. Where one of them is faulty by itself, the rule is not asked. */
  reads: readonly string[];
  findings(settings: Settings, context: RuleContext): Finding[];
}
