// Does NOT prove anything of the real kubectl: a script plays it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  apply,
  applyFiles,
  applyStatuses,
  fieldManager,
  kubectl,
  patchStatus,
} from "../../../../../lab/sandbox/cluster/access.ts";
import { UserError } from "../../../../../system/errors.ts";
import { Folder } from "../fixtures.ts";

describe("kubectl on the sandbox's cluster", () => {
  let folder: Folder;
  beforeEach(() => {
    folder = new Folder();
  });
  afterEach(() => folder.remove());

  it("gets the sandbox's kubeconfig and the input, and its output comes back", async () => {
    const access = folder.playKubectl('echo "$KUBECONFIG"; cat');
    assert.equal(await kubectl(access, ["get"], "input"), `${folder.paths.kubeconfig}\ninput`);
  });

  it("fails in its own words", async () => {
    const access = folder.playKubectl('echo "Error from server: why" >&2; exit 1');
    await assert.rejects(
      kubectl(access, ["get", "pods"], "x".repeat(1e6)),
      new UserError("kubectl get failed on the sandbox's cluster: Error from server: why"),
    );
  });

  it("ends when its signal fires", async () => {
    const abort = new AbortController();
    const access = { ...folder.playKubectl("exec sleep 60"), signal: abort.signal };
    const running = kubectl(access, ["get"]);
    abort.abort();
    await assert.rejects(running, { name: "AbortError" });
  });

  it("applies objects as one list, under the sandbox's own field manager", async () => {
    const access = folder.playKubectl(`cat > ${join(folder.dir, "input")}`);
    await apply(access, []);
    assert.deepEqual(folder.calls(), []);
    await apply(access, [{ kind: "A" }, { kind: "B" }]);
    await applyFiles(access, ["one.yaml", "two.yaml"]);
    const [list, files] = folder.calls();
    assert.match(list ?? "", new RegExp(`^apply --server-side .*--field-manager=${fieldManager} .*-f -$`));
    assert.match(files ?? "", /-f one\.yaml -f two\.yaml$/);
    await apply(access, [{ kind: "A" }, { kind: "B" }]);
    assert.deepEqual(JSON.parse(readFileSync(join(folder.dir, "input"), "utf8")), {
      apiVersion: "v1",
      kind: "List",
      items: [{ kind: "A" }, { kind: "B" }],
    });
  });

  it("changes a status as a controller does, several at once by an apply", async () => {
    const access = folder.playKubectl(`cat > ${join(folder.dir, "input")}`);
    await patchStatus(access, "node/one", { phase: "x" });
    await applyStatuses(access, [{ kind: "Node" }]);
    const [one, several] = folder.calls();
    assert.equal(one, 'patch node/one --type=merge -p {"status":{"phase":"x"}} --subresource=status');
    assert.match(several ?? "", /^apply --server-side .* --subresource=status -f -$/);
    const { items } = JSON.parse(readFileSync(join(folder.dir, "input"), "utf8")) as { items: object[] };
    assert.deepEqual(items, [{ kind: "Node" }]);
  });
});
