// What `pulumi up --policy-pack policy-pack` runs. Plain JavaScript, as whoever starts it gives a TypeScript file to a compiler of its own.
import { PolicyPack } from "@pulumi/policy";
import { packPolicies } from "./policies.ts";

new PolicyPack("vllm-platform", { enforcementLevel: "mandatory", policies: packPolicies });
