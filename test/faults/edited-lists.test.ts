// Does NOT prove that a controller stops writing what was put right, nor that Traefik or a kubelet obeys the lists.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { type Live, patched, type Resource } from "../support/live.ts";
import { seeds } from "../support/property.ts";
import { nothingDiffers, pulumiOn, pulumiSucceeds, up, upChangesNothing } from "../support/pulumi.ts";
import { kubectlOn, startedSandbox } from "../support/sandbox.ts";
import { contentOf, isWhole, platformObjects } from "../support/whole-mode.ts";

/** An object of namespace `ml`. */
type Named = `${Resource}/${string}`;

/** A list or map that people edit, and entries that somebody might put into it. */
interface Place {
  object: Named;
  path: string;
  entries: readonly unknown[];
}

const container = "/spec/template/spec/containers/0";
const fence = "networkpolicies/vllm-server";
const server = "deployments/vllm-server";
const https = "ingressroutes/vllm-https";

const lists: readonly Place[] = [
  { object: fence, path: "/spec/ingress", entries: [{}, { from: [{ ipBlock: { cidr: "0.0.0.0/0" } }] }] },
  { object: fence, path: "/spec/ingress/0/from", entries: [{ namespaceSelector: {} }, { podSelector: {} }] },
  { object: fence, path: "/spec/ingress/0/ports", entries: [{ port: 22, protocol: "TCP" }] },
  { object: fence, path: "/spec/policyTypes", entries: ["Egress"] },
  { object: server, path: `${container}/args`, entries: ["--trust-remote-code", "--port=9"] },
  { object: server, path: `${container}/env`, entries: [{ name: "ADDED", value: "1" }] },
  { object: server, path: `${container}/ports`, entries: [{ containerPort: 9, protocol: "TCP" }] },
  { object: server, path: `${container}/securityContext/capabilities/drop`, entries: ["NET_RAW"] },
  { object: server, path: "/spec/template/spec/tolerations", entries: [{ operator: "Exists" }] },
  { object: server, path: "/spec/template/spec/volumes", entries: [{ name: "added", emptyDir: {} }] },
  {
    object: "middlewares/vllm-access",
    path: "/spec/ipAllowList/sourceRange",
    entries: ["0.0.0.0/0", "::/0"],
  },
  {
    object: https,
    path: "/spec/routes",
    entries: [{ kind: "Rule", match: "PathPrefix(`/`)", services: [{ name: "vllm-api", port: 8000 }] }],
  },
  { object: https, path: "/spec/routes/0/middlewares", entries: [{ name: "someone-elses" }] },
  { object: https, path: "/spec/routes/0/services", entries: [{ name: "someone-elses", port: 1 }] },
  { object: https, path: "/spec/entryPoints", entries: ["web"] },
  { object: "ingressroutes/vllm-redirect", path: "/spec/entryPoints", entries: ["websecure"] },
  { object: "certificates/vllm-tls", path: "/spec/dnsNames", entries: ["added.example.org"] },
  {
    object: "services/vllm-api",
    path: "/spec/ports",
    entries: [{ name: "added", port: 9, protocol: "TCP" }],
  },
];

const maps: readonly Place[] = [
  { object: server, path: "/spec/template/spec/nodeSelector", entries: ["added"] },
  { object: server, path: `${container}/resources/limits`, entries: ["example.org~1added"] },
  { object: "services/vllm-api", path: "/spec/selector", entries: ["added"] },
  { object: "configmaps/llm-fallback-config", path: "/data", entries: ["ADDED", "OLLAMA_ENDPOINT"] },
  { object: "configmaps/gpu-mode", path: "/data", entries: ["added"] },
  { object: "poddisruptionbudgets/vllm-pdb", path: "/metadata/labels", entries: ["added"] },
  { object: fence, path: "/metadata/annotations", entries: ["added"] },
];

/** How a preview names the first entry of each list. */
const going: [string, string[]][] = [
  ["NetworkPolicy/vllm-server", ["spec.ingress[1]", "from[5]", "ports[1]", 'policyTypes "Egress"']],
  [
    "Deployment/vllm-server",
    [
      ...['args "--trust-remote-code"', "env[ADDED]", "ports[9 TCP]", 'drop "NET_RAW"'],
      ...["tolerations[1]", "volumes[added]"],
    ],
  ],
  ["Middleware/vllm-access", ['sourceRange "0.0.0.0/0"']],
  ["IngressRoute/vllm-https", ["routes[1]", "middlewares[1]", "services[1]", 'entryPoints "web"']],
  ["IngressRoute/vllm-redirect", ['entryPoints "websecure"']],
  ["Certificate/vllm-tls", ['dnsNames "added.example.org"']],
  ["Service/vllm-api", ["ports[9 TCP]"]],
];

/** One edit: to which object, and the JSON patch. */
interface Edit {
  object: Named;
  patch: object;
  manager: string;
}

const hands = ["kubectl-patch", "kubectl-edit"] as const;
const managers = fc.constantFrom(...hands, "some-operator");
const listEdit = fc
  .record({
    place: fc.constantFrom(...lists),
    pick: fc.nat(),
    action: fc.constantFrom("append", "insert", "change", "remove"),
    manager: managers,
  })
  .map(({ place: { object, path, entries }, pick, action, manager }): Edit => {
    const value = entries[pick % entries.length];
    const patch = {
      append: { op: "add", path: `${path}/-`, value },
      insert: { op: "add", path: `${path}/0`, value },
      change: { op: "replace", path: `${path}/0`, value },
      remove: { op: "remove", path: `${path}/0` },
    }[action];
    return { object, patch, manager };
  });
const mapEdit = fc
  .record({ place: fc.constantFrom(...maps), pick: fc.nat(), manager: managers })
  .map(({ place: { object, path, entries }, pick, manager }): Edit => {
    const key = String(entries[pick % entries.length]);
    // An operator's labels and annotations are its marks, and stay.
    const by = path.startsWith("/metadata") ? hands[0] : manager;
    return { object, patch: { op: "add", path: `${path}/${key}`, value: "1" }, manager: by };
  });

describe("lists and maps edited by hand", function () {
  this.timeout(600_000);
  let sandbox: Sandbox;

  before(async () => {
    sandbox = await startedSandbox();
    await up(sandbox, "ml");
  });

  after(() => sandbox?.remove());

  /** What an object says of itself, in every field, by its name. */
  async function contents(): Promise<Map<string, unknown>> {
    const said = ({ metadata: { labels, annotations = {} }, ...live }: Live): unknown => {
      const { "deployment.kubernetes.io/revision": _, ...others } = annotations;
      return { ...contentOf({ metadata: {}, ...live } as unknown as Live), labels, annotations: others };
    };
    const objects = await platformObjects(sandbox);
    return new Map(objects.map((live) => [`${live.kind}/${live.metadata.name}`, said(live)]));
  }

  /** Makes an edit as somebody would; whether the API server took it. */
  async function edit({ object, patch, manager }: Edit): Promise<boolean> {
    const [resource, name] = object.split("/") as [Resource, string];
    return patched(sandbox, { resource, name, namespace: "ml" }, { manager, operations: [patch] }).then(
      () => true,
      () => false,
    );
  }

  // Each was said to be put right and stayed for good: the engine compares lists only as far as its own go.
  it("are named in a preview, every added entry of every list, and go with the next up", async () => {
    const before = await contents();
    for (const { object, path, entries } of [...lists].reverse()) {
      const patch = { op: "add", path: `${path}/-`, value: entries[0] };
      assert.ok(await edit({ object, patch, manager: "kubectl-patch" }), `${object}${path}`);
    }
    const { code, output } = await pulumiOn(sandbox, ["preview", "--expect-no-changes", "-s", "ml"]);
    assert.notEqual(code, 0, "a preview sees it");
    for (const [title, fields] of going) {
      const line = output
        .split("\n")
        .find((one) => one.includes(`${title} was changed by hand (kubectl-patch)`));
      for (const field of fields) assert.ok(line?.includes(field), `${title}: ${field} in ${line}`);
    }
    await up(sandbox, "ml");
    assert.deepEqual(await contents(), before);
  });

  it("that an operator marks keep its labels and annotations, and nobody says otherwise", async () => {
    const patch = { op: "add", path: "/metadata/labels/marked", value: "1" };
    assert.ok(await edit({ object: fence, patch, manager: "some-operator" }));
    await nothingDiffers(sandbox, "ml");
    await edit({ object: fence, patch: { op: "remove", path: patch.path }, manager: "some-operator" });
  });

  it("an entry that the platform came to own by an older version goes, too", async () => {
    const before = await contents();
    const [netpol] = JSON.parse(
      await kubectlOn(sandbox, ["get", fence, "-n", "ml", "-o", "json", "--show-managed-fields"]).then(
        (text) => `[${text}]`,
      ),
    ) as [Live & { spec: { ingress: unknown[] } }];
    netpol.spec.ingress.push({});
    const { metadata, ...rest } = netpol;
    const { name, labels, annotations } = metadata;
    const applied = { ...rest, metadata: { name, namespace: "ml", labels, annotations } };
    await kubectlOn(
      sandbox,
      ["apply", "--server-side", "--field-manager=vllm-platform", "-f", "-"],
      JSON.stringify({ ...applied, status: undefined }),
    );
    assert.notDeepEqual(await contents(), before);
    const output = await pulumiSucceeds(sandbox, ["preview", "-s", "ml"]);
    assert.match(
      output,
      /NetworkPolicy\/vllm-server holds what is not declared, and that goes: spec\.ingress\[1\]/,
    );
    await up(sandbox, "ml");
    assert.deepEqual(await contents(), before);
  });

  for (const [kind, seed] of seeds()) {
    it(`are put right whatever was added, changed and removed (${kind} seed ${seed})`, async () => {
      const before = await contents();
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.oneof({ weight: 3, arbitrary: listEdit }, mapEdit), { minLength: 8, maxLength: 16 }),
          async (edits) => {
            let taken = 0;
            for (const one of edits) {
              taken += (await edit(one)) ? 1 : 0;
            }
            fc.pre(taken > 0);
            await up(sandbox, "ml");
            assert.deepEqual(await contents(), before);
          },
        ),
        { seed, numRuns: 4, endOnFailure: true, verbose: true },
      );
      await isWhole(sandbox, "ml");
      await upChangesNothing(sandbox, "ml");
    });
  }
});
