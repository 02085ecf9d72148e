// Does NOT prove what Pulumi and a cluster make of a change: what is compared is what two sides declare.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { differences } from "../../../../lab/preview/difference.ts";
import {
  type Commits,
  marker,
  mostBytes,
  previewJson,
  previewMarkdown,
} from "../../../../lab/preview/report.ts";
import type { ModeSide } from "../../../../lab/preview/side.ts";
import { type ModeReport, reportsOf } from "../../../../lab/preview/verdict.ts";
import type { Manifest } from "../../../../stacks/manifests/index.ts";
import { finish } from "../../../../system/processes.ts";
import { type Clone, makeClone } from "../../../support/pull-requests.ts";
import { allManifests, objectIn } from "../../stacks/policy/modes.ts";

const commits: Commits = {
  head: "1111111",
  base: "2222222",
  baseName: "main",
  at: "2026-11-27 12:00 UTC",
  notes: [],
  again: "--base 2222222",
};
const everything = (): Manifest[] => allManifests().everything ?? assert.fail("no such manifests");
const declared = (manifests: readonly Manifest[]): ModeSide => ({ state: "declared", manifests });

interface Server {
  spec: { template: { spec: { containers: { image: string; args: string[]; env: { name: string }[] }[] } } };
}
const serverIn = (manifests: readonly Manifest[]) => {
  const [container] = (objectIn(manifests, "Deployment/vllm-server") as unknown as Server).spec.template.spec
    .containers;
  return container ?? assert.fail("no container");
};

/** The report of one mode whose objects are edited. */
function reportOf(edit: (manifests: Manifest[]) => Manifest[] | undefined): ModeReport {
  const head = everything();
  const edited = edit(head) ?? head;
  const [report] = reportsOf(new Map([["ml", declared(everything())]]), new Map([["ml", declared(edited)]]));
  return report ?? assert.fail("no report");
}

describe("the difference between two commits' objects", () => {
  it("is none between equals, in whatever order they are written", () => {
    assert.deepEqual(differences(everything(), everything().reverse()), []);
  });

  it("names objects that one side has, and fields with both values: image, flags, probes, addresses", () => {
    const head = everything().filter(({ kind }) => kind !== "PodDisruptionBudget");
    const server = serverIn(head);
    server.image = "vllm/vllm-openai:v0.9.2";
    const at = server.args.indexOf("--max-model-len");
    server.args[at + 1] = "4096";
    server.args.push("--trust-remote-code");
    const found = differences(everything(), [
      ...head,
      { apiVersion: "v1", kind: "Service", metadata: { name: "another" } },
    ]);
    const of = (object: string) => found.find((one) => one.object === object);
    assert.equal(of("Service/another")?.change, "added");
    assert.equal(of("PodDisruptionBudget/vllm-pdb")?.change, "removed");
    const at_ = "spec.template.spec.containers[vllm]";
    assert.deepEqual(
      of("Deployment/vllm-server")?.fields.map(({ field, after }) => [field, after]),
      [
        [`${at_}.image`, "vllm/vllm-openai:v0.9.2"],
        [`${at_}.args[--max-model-len]`, "4096"],
        [`${at_}.args[--trust-remote-code]`, undefined],
      ],
    );
  });

  it("tells a field that only the head has, and one that only the base has", () => {
    const of = (base: Manifest[], head: Manifest[]) =>
      differences(base, head).flatMap(({ fields }) => fields);
    const labelled = everything();
    objectIn(labelled, "Service/vllm-api").metadata.labels = {
      ...objectIn(labelled, "Service/vllm-api").metadata.labels,
      team: "home",
    };
    assert.deepEqual(of(everything(), labelled), [{ field: "metadata.labels.team", change: "added" }]);
    assert.deepEqual(of(labelled, everything()), [{ field: "metadata.labels.team", change: "removed" }]);
  });

  it("tells of any declared field that is taken away or another, and shows none that may hold a secret", () => {
    const titles = everything().map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    fc.assert(
      fc.property(fc.constantFrom(...titles), fc.nat(), fc.boolean(), (title, which, gone) => {
        const head = everything();
        const object = objectIn(head, title) as unknown as Record<string, unknown>;
        const keys = Object.keys(object).filter((key) => !["apiVersion", "kind", "metadata"].includes(key));
        if (keys.length === 0) return;
        const key = keys[which % keys.length] ?? "";
        if (gone) delete object[key];
        else object[key] = "s3cret-value";
        const text = JSON.stringify(differences(everything(), head));
        assert.match(text, new RegExp(`"object":"${title}"`));
        assert.doesNotMatch(text, /s3cret/);
      }),
      { numRuns: 200 },
    );
  });
});

describe("the verdict on a mode", () => {
  it("says what somebody notices: image, context, a restart, addresses", () => {
    const { verdict, sentence } = reportOf((manifests) => {
      serverIn(manifests).image = "vllm/vllm-openai:v0.9.2";
      const access = manifests.find(({ spec }) => JSON.stringify(spec ?? {}).includes("ipAllowList"));
      assert.ok(access);
      access.spec = { ipAllowList: { sourceRange: ["10.1.0.0/16"] } };
      return manifests;
    });
    assert.equal(verdict, "changed");
    assert.match(
      sentence,
      /^2 changes; image \S+ → vllm\/vllm-openai:v0\.9\.2; the pod restarts; clients see a new address list$/,
    );
  });

  it("is a refusal against policy, with each violation", () => {
    const { verdict, refusal } = reportOf((manifests) => {
      const server = serverIn(manifests);
      server.image = "vllm/vllm-openai:latest";
      server.args.push("--api-key", "open-sesame");
      return manifests;
    });
    assert.equal(verdict, "refused");
    assert.match(refusal ?? "", /^pinned-image: Deployment\/vllm-server .*\nno-plain-secret: /);
  });

  it("tells refusals, broken code, fixes, and modes that come and go", () => {
    const refused: ModeSide = {
      state: "refused",
      why: "Not usable:\n  Pulumi.ml.yaml: model (found: 7).\n  More.",
    };
    const failed: ModeSide = { state: "failed", why: "TypeError: no" };
    const is = (base: ModeSide | undefined, head: ModeSide | undefined) => {
      const side = (one: ModeSide | undefined) => new Map(one === undefined ? [] : [["ml", one]]);
      const [report] = reportsOf(side(base), side(head));
      return [report?.verdict, report?.sentence];
    };
    const ok = declared(everything());
    assert.deepEqual(is(ok, refused), ["refused", "Pulumi.ml.yaml: model (found: 7)"]);
    assert.deepEqual(is(refused, refused), ["refused", "Pulumi.ml.yaml: model (found: 7), as on the base"]);
    assert.deepEqual(is(ok, failed), ["error", "TypeError: no"]);
    assert.deepEqual(is(refused, ok), ["changed", "fixed: the base's is refused"]);
    assert.deepEqual(is(undefined, ok), ["changed", `a new mode with ${everything().length} objects`]);
    assert.deepEqual(is(ok, undefined), ["changed", "the mode is gone"]);
  });
});

describe("the report", () => {
  const report = (more: Partial<ModeReport> = {}): ModeReport => ({
    mode: "ml",
    verdict: "changed",
    sentence: "1 change",
    objects: [],
    ...more,
  });

  it("begins with its marker, and says unchanged modes in one line", () => {
    const text = previewMarkdown(
      [
        report(),
        report({ mode: "r1", verdict: "unchanged" }),
        report({ mode: "coder", verdict: "unchanged" }),
      ],
      commits,
    );
    assert.ok(text.startsWith(`${marker}\n**What this changes**: <code>1111111</code> against`));
    assert.match(text, /^⚪ Unchanged: <code>r1<\/code>, <code>coder<\/code>$/m);
    assert.match(text, /`npm run preview -- --base 2222222`\n$/);
  });

  it("lets no text of a file out of its place, and calls nobody", () => {
    const hostile = fc.constantFrom(
      "@team",
      "#1",
      "<!-- vllm-platform:preview -->",
      "```",
      "````",
      "|",
      "</details>",
      "\n# head",
      "`x`",
      "a",
    );
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 8 }), (words) => {
        const text = words.join(" ");
        const document = previewMarkdown(
          [
            report({
              mode: text,
              verdict: "refused",
              sentence: text,
              refusal: text,
              objects: [
                {
                  object: text,
                  change: "changed",
                  fields: [{ field: text, change: "changed", before: text }],
                },
              ],
            }),
          ],
          { ...commits, baseName: text, notes: [text] },
        );
        const outside = outsideFences(document);
        assert.doesNotMatch(outside, /@team|#1\b/);
        assert.equal(outside.split(marker).length, 2);
        assert.equal(outside.match(/<details>/g)?.length, 1);
        assert.equal(outside.match(/<\/details>/g)?.length, 1);
      }),
    );
  });

  it("is at most 60,000 bytes: whole objects go, the biggest first, and are named", () => {
    const object = (name: string, fields: number) => ({
      object: name,
      change: "changed" as const,
      fields: Array.from({ length: fields }, (_, at) => ({
        field: `spec.f${at}`,
        change: "changed" as const,
        before: "é".repeat(40),
        after: "x",
      })),
    });
    const text = previewMarkdown(
      [report({ objects: [object("Big/one", 600), object("Small/one", 2), object("Middle/one", 300)] })],
      commits,
    );
    assert.ok(Buffer.byteLength(text) <= mostBytes);
    assert.match(text, /left out: <code>ml: Big\/one<\/code>\.$/m);
    assert.match(text, /^#### Middle\/one$/m);
    const long = previewMarkdown(
      [report({ verdict: "refused", refusal: "a line\n".repeat(20_000) })],
      commits,
    );
    assert.ok(Buffer.byteLength(long) <= mostBytes);
    assert.equal(long.match(/^```/gm)?.length, 2);
    assert.match(long, /cut: longer than a comment may be/);
  });

  it("is the same as JSON, with a version", () => {
    const { schemaVersion, base, modes } = JSON.parse(previewJson([report()], commits));
    assert.deepEqual(
      { schemaVersion, base, modes },
      { schemaVersion: 1, base: "2222222", modes: [report()] },
    );
  });
});

/** Lines that are not in a fence, as Markdown takes fences: one is closed by as many ticks at least. */
function outsideFences(document: string): string {
  let fence = "";
  return document
    .split("\n")
    .filter((line) => {
      const [ticks = ""] = /^`{3,}/.exec(line) ?? [];
      if (fence === "" && ticks !== "") {
        fence = ticks;
        return false;
      }
      if (fence !== "" && ticks.length >= fence.length && line === ticks) {
        fence = "";
        return false;
      }
      return fence === "";
    })
    .join("\n");
}

describe("npm run preview", function () {
  this.timeout(60_000);
  let clone: Clone;

  before(() => {
    clone = makeClone();
  });

  after(() => clone?.remove());

  const preview = (...args: string[]) =>
    finish(process.execPath, [join(clone.folder, "lab", "preview", "index.ts"), "--no-engine", ...args], {
      cwd: clone.folder,
      // As in the sandbox's shell: the files there are those of the clone, and no other commit's.
      env: { ...process.env, PULUMI_OPTION_CWD: clone.folder },
    });

  it("ends with 0 where nothing changes, and leaves nothing behind", async () => {
    const { status, stdout, stderr } = await preview();
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^⚪ Unchanged: .*coder.*gaming.*ml.*r1/m);
    assert.equal(clone.git("status", "--porcelain"), "");
  });

  it("ends with 2 for a changed context and address list, each mode by name, and writes both files", async () => {
    clone.edit("Pulumi.ml.yaml", (text) => text.replace(/maxModelLen: \d+/, "maxModelLen: 4096"));
    const out = join(clone.folder, "node_modules-out");
    const { status, stderr } = await preview("--out", out);
    assert.equal(status, 2, stderr);
    const text = readFileSync(join(out, "preview.md"), "utf8");
    assert.match(
      text,
      /^\| <code>ml<\/code> \| 🟡 changed \| 1 change; context 8192 → 4096; the pod restarts \|$/m,
    );
    // Gaming keeps the default mode's pod ready, but runs none.
    assert.match(text, /^\| <code>gaming<\/code> \| 🟡 changed \| 1 change; context 8192 → 4096 \|$/m);
    assert.match(text, /^- 8192\n\+ 4096$/m);
    assert.equal(JSON.parse(readFileSync(join(out, "preview.json"), "utf8")).modes.length, 4);
    rmSync(out, { recursive: true });
  });

  it("ends with 3 for a refused mode, with the refusal whole, and shows no secret of a file", async () => {
    clone.edit("Pulumi.r1.yaml", (text) => `${text}  vllm-platform:gpuMemoryUtilization: 7\n`);
    clone.write("Pulumi.new.yaml", clone.read("Pulumi.ml.yaml"));
    const { status, stdout } = await preview("--base", "main");
    assert.equal(status, 3);
    assert.match(
      stdout,
      /^\| <code>r1<\/code> \| 🔴 refused \| Pulumi\.r1\.yaml: gpuMemoryUtilization \(found: 7\)/m,
    );
    assert.match(stdout, /^ {2}Pulumi\.r1\.yaml: gpuMemoryUtilization \(found: 7\): must be a number from/m);
    assert.match(stdout, /^\| <code>new<\/code> \| 🟡 changed \| a new mode with \d+ objects \|$/m);
  });

  it("ends with 1 for a base that is none and a word that it does not know", async () => {
    const none = await preview("--base", "--output=x");
    assert.equal(none.status, 1);
    assert.match(none.stderr, /this clone has no such branch, tag or commit/);
    assert.match((await preview("--cluster")).stderr, /neither --base nor --no-engine goes with it/);
    assert.equal((await preview("--no-such-word")).status, 1);
  });
});
