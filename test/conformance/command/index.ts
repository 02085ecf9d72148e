/**
 * What @pulumi/command's plugin answers for `command:local:Command`. Every expected value was recorded on 2026-11-24 from
 * the official plugin 1.2.1 (tag v1.2.1, commit built unchanged), except those marked `only: "stand-in"`.
 */
import type { Exchange } from "../exchange.ts";
import { otherType, refusal } from "../refusals.ts";
import { checks } from "./checks.ts";
import { creationPreviews, creations, longLines } from "./creations.ts";
import { differences } from "./differences.ts";
import { endings, updates } from "./updates.ts";

const provider = "urn:pulumi:dev::conformance::pulumi:providers:command::default_1_2_1";

const setUp: Exchange[] = [
  { name: "gives the official version", call: "getPluginInfo", reply: { version: "1.2.1" } },
  {
    name: "has no handshake",
    call: "handshake",
    request: { engineAddress: "127.0.0.1:1" },
    error: { code: 12, message: "method Handshake not implemented" },
  },
  {
    name: "adds its framework's version to the provider's inputs",
    call: "checkConfig",
    request: { urn: provider, news: { version: "1.2.1" } },
    reply: { inputs: { version: "1.2.1", "__pulumi-go-provider-version": "1.2.0" } },
  },
  {
    name: "does not compare the provider's inputs",
    call: "diffConfig",
    request: { urn: provider, olds: { version: "1.2.0" }, news: { version: "1.2.1" } },
    error: { code: 12, message: /not implemented$/ },
  },
  {
    name: "accepts secrets, resources, outputs and previews",
    call: "configure",
    request: {
      acceptSecrets: true,
      acceptResources: true,
      sendsOldInputs: true,
      sendsOldInputsToDelete: true,
    },
    reply: { acceptsecrets: true, supportspreview: true, acceptresources: true, acceptoutputs: true },
  },
];

export const commandExchanges: Exchange[] = [
  ...setUp,
  ...checks,
  ...creations,
  longLines,
  ...creationPreviews,
  ...differences,
  ...updates,
  ...endings,
  ...otherType("command:remote:Command", "command 1.2.1"),
  {
    name: "names the official plugin for a function",
    call: "invoke",
    request: { tok: "command:local:run", args: { command: "true" } },
    error: { code: 5, message: refusal("command:local:run", "command 1.2.1") },
    only: "stand-in",
  },
];
