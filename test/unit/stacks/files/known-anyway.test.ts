// Does NOT prove that the GPU is freed with such files; test/faults/gpu-mode-broken-files.test.ts does.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { knownAnyway } from "../../../../stacks/files/known-anyway.ts";

describe("what is known of a mode whatever its files say", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "vllm-platform-files-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  const known = (mode: string) => knownAnyway(folder, mode);
  const own = (...lines: string[]): string => ["config:", ...lines.map((line) => `  ${line}`), ""].join("\n");

  const freeing: [what: string, mode: string, text: string, frees: boolean][] = [
    [
      "as its file says, beside faults",
      "idle",
      own("vllm-platform:serve: false", "vllm-platform:modle: x"),
      true,
    ],
    ["written as text", "idle", own('vllm-platform:serve: "false"'), true],
    ["with the faults of YAML behind it", "idle", `${own("vllm-platform:serve: false")}  - [ x\n`, true],
    ["not where its file says that it serves", "gaming", own("vllm-platform:serve: true"), false],
    ["not by another name, where its file does not tell", "ml", own("vllm-platform:modle: x"), false],
    ["not where it names a model", "gaming", own("vllm-platform:model: a/b"), false],
    ["by its name, where the key is misspelled", "gaming", own("vllm-platform:srve: false"), true],
    ["by its name, where the value is", "gaming", own("vllm-platform:serve: flase"), true],
    ["by its name, where nothing can be read", "gaming", "[ {", true],
    ["by its name, where the file is no group", "gaming", "just words", true],
  ];
  for (const [what, mode, text, frees] of freeing) {
    it(`${frees ? "it frees the GPU" : "it does not free the GPU"}: ${what}`, () => {
      write(`Pulumi.${mode}.yaml`, text);
      assert.equal(known(mode).frees, frees);
    });
  }

  it("a file that cannot be opened says nothing", () => {
    mkdirSync(join(folder, "Pulumi.gaming.yaml"));
    assert.equal(known("gaming").frees, true);
    assert.equal(known("ml").frees, false);
  });

  const shared = (...lines: string[]): string => ["name: vllm-platform", own(...lines)].join("\n");

  it("the cluster of the shared file, beside the faults of all else in it", () => {
    write(
      "Pulumi.yaml",
      shared(
        "vllm-platform:defaultMode: nope",
        "vllm-platform:cluster: {value: {context: home, kubeconfig: /etc/k3s.yaml, identifier: 7.5}}",
        "vllm-platform:route: 7",
      ),
    );
    const { context, kubeconfig } = known("gaming").cluster;
    assert.deepEqual({ context, kubeconfig }, { context: "home", kubeconfig: "/etc/k3s.yaml" });
  });

  it("the same without `value:`, and of a file that ends in a fault of YAML", () => {
    write("Pulumi.yaml", `${shared("vllm-platform:cluster: {context: home}")}  - [ x\n`);
    assert.equal(known("gaming").cluster.context, "home");
  });

  it("the mode's own cluster before the shared one", () => {
    write("Pulumi.yaml", shared("vllm-platform:cluster: {value: {context: home}}"));
    write("Pulumi.gaming.yaml", own("vllm-platform:cluster: {context: lab}"));
    assert.equal(known("gaming").cluster.context, "lab");
  });

  it("no cluster where its own settings have a fault: it may be another one than was meant", () => {
    for (const faulty of ["kubeconfg: /etc/k3s.yaml", "kubeconfig: [a]", "contxt: lab"]) {
      write("Pulumi.yaml", shared(`vllm-platform:cluster: {value: {context: home, ${faulty}}}`));
      assert.equal(known("gaming").cluster.context, undefined, faulty);
    }
  });

  it("no cluster, where none is named", () => {
    write("Pulumi.yaml", "[ {");
    assert.equal(known("gaming").cluster.context, undefined);
  });
});
