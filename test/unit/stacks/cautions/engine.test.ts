// Does NOT prove that an image has the fault that is published of its version, nor that no other has one.
import assert from "node:assert/strict";
import { advisories, advisoriesOf } from "../../../../stacks/catalogue/advisories.ts";
import { cautionText, engineCautions, knownLimits } from "../../../../stacks/cautions/index.ts";
import type { Settings } from "../../../../stacks/index.ts";
import { modelOf } from "../../../../stacks/resolve/model.ts";
import { compareVersions, parseVersion, type Version } from "../../../../stacks/vocabulary/version.ts";
import { settingsOf, someNumbers } from "../support.ts";

const version = (text: string): Version => parseVersion(text) ?? assert.fail(text);
const told = (text: string, values: Record<string, unknown> = {}) => cautionsFor(settingsOf(values), text);
/** A model whose files may be of any form, as the catalogue does not have it. */
const unknown = { model: "me/mine", modelNumbers: someNumbers };
const cautionsFor = (settings: Settings, text: string) =>
  engineCautions(settings, {
    version: version(text),
    model: modelOf(settings) ?? assert.fail(),
  }).map(cautionText);
const ids = (text: string) => advisoriesOf(version(text)).map(({ id }) => id);

describe("published faults of the engine", () => {
  it("have a first and a last version each, in this order", () => {
    for (const { id, from, below } of advisories) {
      assert.ok(compareVersions(version(from), version(below)) < 0, id);
      assert.ok(ids(from).includes(id) && !ids(below).includes(id), id);
    }
  });

  it("a version after the release that fixed a fault has it no more; a candidate of that release still has", () => {
    assert.ok(ids("0.21.0").includes("CVE-2026-48746") && ids("0.22.0rc1").includes("CVE-2026-48746"));
    assert.ok(!ids("0.22.0").includes("CVE-2026-48746") && !ids("0.33.0").includes("CVE-2026-48746"));
    assert.deepEqual(ids("0.33.0"), []);
  });

  it("say nothing against the shipped image as it is shipped, which counts on fences and no key", () => {
    assert.deepEqual(told("0.8.5.post1"), []);
    assert.equal(
      knownLimits(version("0.8.5.post1")),
      "one request of somebody who is let in can end vLLM 0.8.5.post1 (CVE-2026-34756, CVE-2025-48956, CVE-2025-48942, CVE-2025-48944)",
    );
    assert.equal(knownLimits(version("0.19.0")), undefined);
  });

  it("say what a key is worth, where one is asked for", () => {
    const key =
      "inside the cluster the API key keeps nobody out: vLLM 0.8.5.post1 asks no key of a request whose Host header holds a `/` or a `?` (CVE-2026-48746, fixed in 0.22.0). Requests from outside are asked for it, as Traefik refuses such a header. Count on the NetworkPolicy inside the cluster where it is enforced (gpu-mode doctor says whether), or take an image from 0.22.0 on, where the driver runs it";
    assert.deepEqual(told("0.8.5.post1", { apiKey: true }), [key]);
    assert.deepEqual(told("0.22.0", { apiKey: true }), []);
  });

  it("say that the model's repository is code, until nothing but safetensors is loaded", () => {
    const pickles =
      "vLLM 0.6.6 runs code from weight files that are pickles (`.bin`, `.pt`) (CVE-2025-24357, fixed in 0.7.0). Take an image from 0.7.0 on, or a repository that you trust with the pod";
    const auto = ["--load-format", "safetensors", "--load-format", "auto"];
    assert.deepEqual(told("0.6.6", unknown), [pickles]);
    assert.deepEqual(told("0.6.6", { extraArguments: auto }), [pickles]);
    assert.deepEqual(told("0.6.6"), [], "the catalogue's models are safetensors");
    assert.deepEqual(told("0.6.6", { ...unknown, extraArguments: auto.slice(0, 2) }), []);
    assert.deepEqual(told("0.6.6", { extraArguments: ["--enable-prefix-caching"] }), []);
    assert.deepEqual(told("0.6.6", { ...unknown, extraArguments: ["--load_format=safetensors"] }), []);
    assert.match(told("0.12.0").join(), /^vLLM 0\.12\.0 runs code that the model's config\.json names/);
    assert.match(
      told("0.11.0").join(),
      /unpacks tensors that a completion request brings .* let only those in/,
    );
  });

  it("say that anybody can end the server, where the route lets anybody in", () => {
    const [text = "", ...others] = told("0.8.5", { route: { allowedRanges: ["0.0.0.0/0"] } });
    assert.match(text, /^anybody on the internet can end the server: vLLM 0\.8\.5 runs out of memory over/);
    assert.match(text, /Narrow route\.allowedRanges, or take an image from 0\.19\.0 on$/);
    assert.deepEqual(others, []);
    assert.doesNotMatch(text, /header/, "which Traefik keeps away");
    assert.deepEqual(told("0.19.0", { route: { allowedRanges: ["0.0.0.0/0"] } }), []);
    const keyed = told("0.8.5", { apiKey: true, route: { allowedRanges: ["0.0.0.0/0"] } });
    assert.doesNotMatch(keyed.join(), /anybody/);
  });
});
