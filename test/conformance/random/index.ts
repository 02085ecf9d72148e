/**
 * What @pulumi/random's plugin answers for `random:index/randomPassword:RandomPassword`. Every expected value was recorded
 * on 2026-11-24 from the official plugin's source at commit f64d8726 (2026-08-14, the last one before 4.21.2 known to us; it
 * holds Terraform's provider 3.9.0), except those marked `only: "stand-in"`.
 */
import type { Exchange } from "../exchange.ts";
import { checks } from "./checks.ts";
import { creations, differences, endings } from "./lifecycle.ts";

const otherType = "urn:pulumi:dev::conformance::random:index/randomPet:RandomPet::probe";
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
    name: "sees another version of itself",
    call: "diffConfig",
    request: {
      urn: provider,
      olds: { version: "4.21.1" },
      oldInputs: { version: "4.21.1" },
      news: { version: "4.21.2" },
    },
    reply: { hasdetaileddiff: true, detaileddiff: { version: { kind: 4, inputdiff: true } } },
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

const refusals: Exchange[] = (["check", "diff", "create", "read", "update", "delete"] as const).map(
  (call) => ({
    name: `names the official plugin for another resource type (${call})`,
    call,
    request: { urn: otherType },
    error: {
      code: 5,
      message: /^random:index\/randomPet:RandomPet is not known to the stand-in .* resource random 4\.21\.2$/,
    },
    only: "stand-in",
  }),
);

export const randomExchanges: Exchange[] = [
  ...setUp,
  ...checks,
  ...creations,
  ...differences,
  ...endings,
  ...refusals,
];
