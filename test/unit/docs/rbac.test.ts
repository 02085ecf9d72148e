// Does NOT prove that the rights suffice: test/engine/rights.test.ts works with exactly these.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { labelledCollections, scalerCollections } from "../../../cluster/drift/listing.ts";
import { leaseObject } from "../../../cluster/lease/lease-object.ts";
import { neededRights } from "../../../cluster/requirements/rights/needed.ts";
import { roleRights } from "../../../cluster/requirements/rights/role.ts";
import { listModes, type Plan, planFromFiles } from "../../../stacks/index.ts";
import { names } from "../../../stacks/vocabulary/names.ts";
import { irreplaceable, type PlatformObject, possibleObjects } from "../../../stacks/vocabulary/objects.ts";
import { everythingPlan } from "../stacks/support.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

const project = join(import.meta.dirname, "../../..");
const folder = join(project, "docs/rbac");

/** The verbs that a role gives on an object by its name. */
function verbsOn(role: string, { apiVersion, resource, name, namespace }: PlatformObject): string[] {
  const group = apiVersion.includes("/") ? apiVersion.replace(/\/.*/, "") : "";
  const text = readFileSync(join(folder, `${role}.yaml`), "utf8");
  return parseAllDocuments(text)
    .map((document) => document.toJS() as { metadata: { namespace?: string }; rules?: Rule[] })
    .filter(({ metadata }) => metadata.namespace === namespace)
    .flatMap(({ rules = [] }) => rules)
    .filter(
      ({ apiGroups, resources, resourceNames }) =>
        apiGroups.includes(group) && resources.includes(resource) && resourceNames?.includes(name),
    )
    .flatMap(({ verbs }) => verbs);
}

describe("the documented roles", () => {
  for (const object of possibleObjects) {
    it(`name ${object.kind} ${object.name}, and give no more on it than they need`, () => {
      const isKept = object.kind === "Namespace" || irreplaceable.includes(object);
      assert.deepEqual(verbsOn("updater", object), ["get", "patch", ...(isKept ? [] : ["delete"])]);
      assert.deepEqual(verbsOn("reader", object), ["get"]);
    });
  }

  it("let both look whose the route's TLS Secret is, and change nothing in it", () => {
    const secret = possibleObjects.find(({ kind }) => kind === "Secret") ?? assert.fail();
    for (const role of ["updater", "reader"]) {
      assert.deepEqual(verbsOn(role, { ...secret, name: names.certificate }), ["get"]);
    }
  });

  it("let an updater renew the Lease, and a reader only look at it", () => {
    assert.deepEqual(verbsOn("updater", leaseObject), ["get", "update"]);
    assert.deepEqual(verbsOn("reader", leaseObject), ["get"]);
  });

  it("let both list all kinds among which drift is looked for, and no Secrets", () => {
    for (const role of ["updater", "reader"] as const) {
      const listed = roleRights(role)
        .filter(({ verb, namespace }) => verb === "list" && namespace === names.namespace)
        .map(({ resource }) => resource);
      const wanted = [...labelledCollections, ...scalerCollections].map(({ resource }) => resource);
      assert.deepEqual(
        wanted.filter((resource) => !listed.includes(resource)),
        [],
      );
      assert.ok(!listed.includes("secrets"));
    }
  });

  it("give an updater all that updates of every mode are checked for before they begin", () => {
    const given = new Set(roleRights("updater").map((right) => JSON.stringify(Object.entries(right).sort())));
    const plans: Plan[] = [
      ...listModes(project).map((mode) => planFromFiles(project, mode)),
      everythingPlan(),
    ];
    for (const plan of plans) {
      const missing = neededRights(plan, false).filter((right) => {
        const { name: _, ...anyName } = right;
        return ![right, anyName].some((one) => given.has(JSON.stringify(Object.entries(one).sort())));
      });
      assert.deepEqual(missing, [], plan.mode);
    }
  });

  it("say first what they are for, and are told of in the documentation", () => {
    const guide = readFileSync(join(project, "docs/your-cluster.md"), "utf8");
    for (const role of ["updater", "reader"]) {
      assert.match(readFileSync(join(folder, `${role}.yaml`), "utf8"), /^# For whoever /);
      assert.ok(guide.includes(`(rbac/${role}.yaml)`));
    }
  });
});
