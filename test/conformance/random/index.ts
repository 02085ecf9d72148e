/**
 * What @pulumi/random's plugin answers for `random:index/randomPassword:RandomPassword`. Every expected value was recorded
 * on 2026-11-24 from the official plugin's source at commit f64d8726 (2026-08-14, the last one before 4.21.2 known to us; it
 * holds Terraform's provider 3.9.0), except those marked `only: "stand-in"`.
 */
import type { Exchange } from "../exchange.ts";
import { otherType } from "../refusals.ts";
import { checks } from "./checks.ts";
import { creations, differences, endings } from "./lifecycle.ts";

const provider = "urn:pulumi:dev::conformance::pulumi:providers:random::default_4_21_2";

const setUp: Exchange[] = [
  { name: "gives the official version", call: "getPluginInfo", reply: { version: "4.21.2" } },
  {
    name: "has no handshake",
    call: "handshake",
    request: { engineAddress: "127.0.0.1:1" },
    error: { code: 12, message: /not(?: yet)? implemented$/ },
  },
  {
    name: "accepts the provider's inputs",
    call: "checkConfig",
    request: { urn: provider, news: { version: "4.21.2" } },
    reply: { inputs: { version: "4.21.2" } },
  },
  {
    name: "refuses configuration, of which it has none",
    call: "checkConfig",
    request: { urn: provider, news: { seed: "x" } },
    reply: {
      inputs: { seed: "x" },
      failures: [{ reason: /^`random:seed` is not a valid configuration key for the / }],
    },
  },
  {
    name: "does not compare the provider's inputs", // the official plugin gives the difference; the engine needs none
    call: "diffConfig",
    request: { urn: provider, olds: { version: "4.21.1" }, news: { version: "4.21.2" } },
    error: { code: 12, message: /not implemented$/ },
    only: "stand-in",
  },
  {
    name: "leaves secrets to the engine",
    call: "configure",
    request: {
      acceptSecrets: true,
      acceptResources: true,
      sendsOldInputs: true,
      sendsOldInputsToDelete: true,
    },
    reply: { supportspreview: true, acceptresources: true, supportsAutonamingConfiguration: true },
  },
];

export const randomExchanges: Exchange[] = [
  ...setUp,
  ...checks,
  ...creations,
  ...differences,
  ...endings,
  ...otherType("random:index/randomPet:RandomPet", "random 4.21.2"),
];
