// Does NOT prove that an engine then declares nothing: test/engine/requirements.test.ts switches on a real one.
import assert from "node:assert/strict";
import { type ClusterApi, UnreachableError } from "../../../cluster/api/index.ts";
import { findingLine } from "../../../cluster/findings/verdict.ts";
import { surveyAndCheck, unmet } from "../../../cluster/requirements/survey-and-check.ts";
import { prepareUpdate, statusOf } from "../../../operations/prepare-update.ts";
import type { Plan } from "../../../stacks/index.ts";
import { RefusedError } from "../../../system/errors.ts";
import { apiOf, type Case, clusterCases, paths, plan } from "../cluster/requirements/cases.ts";

/** Prepares a preview, which asks all that an update asks and takes no Lease. */
async function prepared(
  api: ClusterApi,
  asked: Plan,
  { force = false }: { force?: boolean } = {},
): Promise<string[]> {
  const warnings: string[] = [];
  await prepareUpdate(api, {
    plan: asked,
    stack: asked.mode,
    folder: ".",
    dryRun: true,
    force,
    connection: { kubeconfig: "none", context: "none", identifier: "none" },
    identify: async () => ({ state: "a state" }),
    source: async () => ({ commit: "0".repeat(40), committed: "" }),
    say: {
      info: async () => {},
      warn: async (text) => void warnings.push(text),
      error: async () => {},
    },
  });
  return warnings;
}

/** Rights to change something: a preview, which changes nothing, does not ask for them. */
const isOfChanges = ({ item, rules }: Case): boolean => item === "rights" && !(rules instanceof Error);
const faults = clusterCases.filter(({ state }) => state === "fault");

/** A cluster in which nothing stands in the way. */
const works = {
  [paths.runtimeClass]: { handler: "nvidia" },
  [paths.traefik]: { resources: [{ name: "ingressroutes" }, { name: "middlewares" }] },
  [paths.certManager]: { resources: [{ name: "certificates" }, { name: "clusterissuers" }] },
};

describe("an update of a mode that serves", () => {
  for (const { about, objects, rules, plan: asked, ...finding } of faults.filter(
    (one) => !isOfChanges(one),
  )) {
    const { item, state, found, fix = "" } = finding;
    const line = findingLine({ item, state, found, fix });
    // Who may not even read is refused by the first answer, whatever is asked for.
    const mayRead = !(rules instanceof Error);

    it(`is refused for ${item}: ${about}`, async () => {
      await assert.rejects(prepared(apiOf(objects, rules), asked), (error) => {
        assert.ok(error instanceof RefusedError);
        assert.ok(error.message.includes(mayRead ? `\n  ${line}` : found), error.message);
        assert.match(
          error.message,
          mayRead ? /^The cluster cannot serve mode ml; nothing was changed:\n/ : /./,
        );
        return true;
      });
    });

    if (mayRead) {
      it(`goes on with a warning by force, and in a mode that serves nothing: ${item}, ${about}`, async () => {
        const forced = await prepared(apiOf(objects, rules), asked, { force: true });
        assert.ok(forced.includes(`Declared all the same: ${line}`), forced.join("\n"));
        await assert.doesNotReject(prepared(apiOf(objects, rules), { ...asked, serves: false }));
      });
    }
  }

  for (const { about, objects, rules, plan: asked, found } of faults.filter(isOfChanges)) {
    it(`is refused for rights, and its preview is not: ${about}`, async () => {
      const options = { plan: asked, stack: asked.mode, folder: "." };
      const { findings } = await surveyAndCheck(apiOf(objects, rules), options, { onlyReads: false });
      assert.ok(unmet(asked, findings).some((finding) => finding.found === found));
      await assert.doesNotReject(prepared(apiOf({ ...works, ...objects }, rules), asked));
    });
  }

  it("is warned of what only impairs, and not stopped by what may not be read", async () => {
    for (const { item, state, found, fix, objects, rules, plan: asked } of clusterCases) {
      // What is left over, the update removes and says so itself; what else the role is for is the doctor's to say.
      if ((state !== "warning" && state !== "unknown") || ["leftovers", "role"].includes(item)) continue;
      const warnings = await prepared(apiOf({ ...works, ...objects }, rules), asked);
      const line = findingLine({ item, state, found, ...(fix === undefined ? {} : { fix }) });
      if (item === "Ollama") {
        // Nobody is sent there while a mode serves; status and doctor say it all the same.
        assert.ok(!warnings.includes(line), line);
        const freeing = await prepared(apiOf({ ...works, ...objects }, rules), { ...asked, serves: false });
        assert.equal(freeing.includes(line), state === "warning", line);
        continue;
      }
      assert.equal(warnings.includes(line), state === "warning", line);
    }
  });

  it("is not asked for anything where the cluster does not answer a preview", async () => {
    const gone = async () => Promise.reject(new UnreachableError("gone"));
    const away = { server: "https://cluster", get: gone, create: gone };
    const warnings = await prepared(away as unknown as ClusterApi, plan);
    assert.deepEqual(warnings, [
      "gone. So this preview does not know which mode has the GPU, nor what stands in the cluster; `up` will refuse until the cluster answers.",
    ]);
  });
});

describe("the output status", () => {
  const { host } = plan.settings.route;
  const certificate = (status: "True" | "False", message = "") => ({
    metadata: {},
    spec: { dnsNames: [host] },
    status: { conditions: [{ type: "Ready", status, message }] },
  });
  const works = {
    [paths.traefik]: { resources: [{ name: "ingressroutes" }, { name: "middlewares" }] },
    [paths.certManager]: { resources: [{ name: "certificates" }, { name: "clusterissuers" }] },
  };
  async function told(objects: Record<string, object>, asked = plan, served = "serving a, default") {
    const warnings: string[] = [];
    const say = {
      info: async () => {},
      error: async () => {},
      warn: async (text: string) => void warnings.push(text),
    };
    return [await statusOf(apiOf(objects), { plan: asked, served, dryRun: false, say }), ...warnings];
  }

  it("is what the wait saw, where the route lets clients in or nothing is known against it", async () => {
    assert.deepEqual(await told({ ...works, [paths.certificate]: certificate("True") }), [
      "serving a, default",
    ]);
    const { route: _, ...closed } = plan;
    assert.deepEqual(await told({}, closed), ["serving a, default"]);
    assert.deepEqual(await told({}, plan, "warning: GPU node nuc is off"), ["warning: GPU node nuc is off"]);
  });

  it("says who has not what is served, and warns of it", async () => {
    const text = `serving a, default inside the cluster; https://${host} not yet: Certificate vllm-tls is not ready: rate limit`;
    const objects = { ...works, [paths.certificate]: certificate("False", "rate limit") };
    assert.deepEqual(await told(objects), [text, `Mode ml: ${text}`]);
    const elsewhere = { ...works, [paths.certificate]: certificate("True") };
    const pods = { items: [{ metadata: { name: "traefik", namespace: "ingress" } }] };
    assert.match(
      (await told({ ...elsewhere, [paths.traefikPods]: pods }))[0] ?? "",
      / not yet: Traefik runs in namespace ingress, and the NetworkPolicy admits it in kube-system only/,
    );
  });
});
