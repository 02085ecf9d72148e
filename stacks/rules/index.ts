// What must hold between settings that are each well-formed by themselves.

import { argumentRules } from "./arguments.ts";
import { cacheRules } from "./cache.ts";
import { driverRules } from "./driver.ts";
import { exclusionRules } from "./exclusions.ts";
import { gatewayRules } from "./gateway.ts";
import { imageRules } from "./image.ts";
import { modelRules } from "./model.ts";
import { resourceRules } from "./resources.ts";
import type { Rule } from "./rule.ts";
import { sshRules } from "./ssh.ts";

export const rules: readonly Rule[] = [
  ...modelRules,
  ...imageRules,
  ...driverRules,
  ...argumentRules,
  ...resourceRules,
  ...cacheRules,
  ...exclusionRules,
  ...gatewayRules,
  ...sshRules,
];
