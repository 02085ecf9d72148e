// Does NOT prove what a change means on a real node, nor what k3s's own versions of the schemas refuse; of the modes, ml stands for all.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Engine } from "../../engine/index.ts";
import { askEngine, bringUp } from "../../lab/preview/ask-engine.ts";
import { marker, previewMarkdown } from "../../lab/preview/report.ts";
import { readSide, type Side, takeOut } from "../../lab/preview/side.ts";
import { type ModeReport, reportsOf } from "../../lab/preview/verdict.ts";
import { withEngine } from "../../lab/preview/with-engine.ts";
import { engineOf } from "../../lab/preview/world.ts";
import { projectRoot } from "../../lab/sandbox/base/paths.ts";
import { reachedBy } from "../../lab/sandbox/front.ts";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { configure } from "../support/configure.ts";
import { type Clone, makeClone, pullRequest } from "../support/pull-requests.ts";
import { pulumiSucceeds } from "../support/pulumi.ts";
import { begin, type Ended } from "../support/running.ts";
import { eventually, kubectlOn, silentProgress, startedSandbox } from "../support/sandbox.ts";
import { versionsOf } from "../support/whole-mode.ts";

describe("a preview of a pull request", function () {
  this.timeout(240_000);
  let sandbox: Sandbox;
  /** The same by a kubeconfig of its own, whose path the state remembers. */
  let limited: Sandbox;
  let clone: Clone;
  let folder: string;
  let declared: Side;
  const watching = { progress: silentProgress, signal: new AbortController().signal };

  const engine = (tree: string): Promise<Engine> =>
    engineOf(limited, { tree, folder: `${tree}-project`, watching });

  before(async () => {
    sandbox = await startedSandbox();
    limited = reachedBy(sandbox, `${sandbox.kubeconfig}.limited`);
    writeFileSync(limited.kubeconfig, readFileSync(sandbox.kubeconfig));
    clone = makeClone();
    folder = mkdtempSync(join(tmpdir(), "preview-trees-"));
    const base = join(folder, "base");
    await takeOut(clone.folder, "main", base);
    declared = await readSide(base, ["ml"]);
    assert.equal(await bringUp(await engine(base), "ml"), undefined);
  });

  after(async () => {
    clone?.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    await sandbox?.remove();
  });

  /** The report of one mode, as the whole document and by itself. */
  async function request(
    name: string,
    change: () => void,
    mode = "ml",
  ): Promise<{ text: string; report: ModeReport }> {
    const tree = await pullRequest(clone, join(folder, name), change);
    const head = await engine(tree);
    // The base is up already.
    const sides = { base: { up: async () => {} }, head, hasBase: (one: string) => declared.has(one) };
    const [changed, answers] = await Promise.all([
      readSide(tree, [mode]),
      askEngine([mode], sides, silentProgress),
    ]);
    const found = reportsOf(declared, changed).find((one) => one.mode === mode);
    const report = withEngine(found ?? assert.fail(`no ${mode}`), answers.get(mode));
    const text = previewMarkdown([report], {
      head: "1111111",
      base: "2222222",
      baseName: "main",
      at: "2026-11-27 12:00 UTC",
      notes: [],
      again: "--base 2222222",
    });
    return { text, report };
  }

  const inCode = (file: string, from: string | RegExp, to: string) =>
    clone.edit(file, (text) => text.replace(from, to));
  const set = (file: string, settings: Record<string, unknown>) =>
    clone.edit(file, (text) => {
      const content = parse(text) as { config: Record<string, unknown> };
      const own = Object.entries(settings).map(([key, value]) => [`vllm-platform:${key}`, value]);
      return stringify({ ...content, config: { ...content.config, ...Object.fromEntries(own) } });
    });

  it("that changes nothing touches nothing, whichever commit and folder it comes from", async () => {
    const { report } = await request("nothing", () => clone.write("docs.md", "More words\n"));
    assert.deepEqual(
      [report.verdict, report.engine],
      ["unchanged", { state: "previewed", steps: [], problems: [] }],
    );
  });

  it("that changes image, context and address list says so first, and that the pod restarts", async () => {
    const { text, report } = await request("settings", () =>
      set("Pulumi.ml.yaml", {
        image: { tag: "v0.8.5" },
        maxModelLen: 4096,
        route: {
          host: "vllm.home.jetzinger.com",
          issuer: "letsencrypt-prod",
          allowedRanges: ["10.9.0.0/16"],
        },
      }),
    );
    assert.match(
      text.split("\n").slice(0, 6).join("\n"),
      /changed \| \d+ changes; image \S+v0\.8\.5\.post1 → \S+v0\.8\.5; context 8192 → 4096; the pod restarts; clients see a new address list \|$/,
    );
    const touched = report.engine?.state === "previewed" ? report.engine.steps : [];
    assert.deepEqual(
      touched
        .filter(({ isObject }) => isObject)
        .map(({ change, resource }) => `${change} ${resource}`)
        .sort(),
      ["update ConfigMap/gpu-mode", "update Deployment/vllm-server", "update Middleware/vllm-access"],
    );
    assert.match(text, /^! update Deployment\/vllm-server: .*spec\.template\.spec\.containers\[0\]\.args/m);
  });

  it("that changes a probe in the program says which field, and that the pod restarts", async () => {
    const { text } = await request("probe", () =>
      inCode("stacks/plan/probes.ts", "periodSeconds: 2,", "periodSeconds: 3,"),
    );
    assert.match(text, /changed \| 1 change; the pod restarts/);
    assert.match(text, /^ {2}.*readinessProbe\.periodSeconds\n- 2\n\+ 3$/m);
  });

  it("whose program declares what the API server does not know is refused in the server's words, all of them", async () => {
    // One object at a time, so that Pulumi has ended before it comes to the second one.
    process.env.PULUMI_PARALLEL = "1";
    const { text } = await request("route", () => {
      inCode(
        "stacks/manifests/public-route.ts",
        "ipAllowList: { sourceRange:",
        "ipAllowList: { sourceRanges:",
      );
      inCode("stacks/manifests/public-route.ts", "permanent: true", 'permanent: "no" as unknown as true');
    }).finally(() => delete process.env.PULUMI_PARALLEL);
    assert.match(
      text.split("\n").slice(0, 6).join("\n"),
      /refused \| the API server refuses Middleware\/vllm-access: \.spec\.ipAllowList\.sourceRanges: field not declared in schema/,
    );
    assert.match(
      text,
      /^the API server refuses Middleware\/vllm-https-redirect: \.spec\.redirectScheme\.permanent: expected boolean/m,
    );
  });

  it("that makes objects anew, or takes some away, says which", async () => {
    const { text, report } = await request("anew", () => {
      inCode(
        "stacks/manifests/server.ts",
        "selector: { matchLabels: selectorLabels },",
        'selector: { matchLabels: { ...selectorLabels, "app.kubernetes.io/component": "llm-inference" } },',
      );
      set("Pulumi.ml.yaml", { route: { enabled: false } });
    });
    assert.match(report.sentence, /Deployment\/vllm-server is replaced for spec\.selector/);
    assert.match(report.sentence, /IngressRoute\/vllm-https is removed/);
    assert.match(text, /^- delete IngressRoute\/vllm-https$/m);
    assert.match(text, /^! replace Deployment\/vllm-server/m);
  });

  it("whose program breaks is an error, without the places in the code", async () => {
    const { text, report } = await request("broken", () =>
      inCode(
        "components/index.ts",
        'super("vllm-platform:index:VllmPlatform"',
        'undefined!.x;\n    super("vllm-platform:index:VllmPlatform"',
      ),
    );
    assert.equal(report.verdict, "error");
    assert.match(report.sentence, /^Pulumi could not tell: TypeError: Cannot read properties of undefined/);
    assert.doesNotMatch(text, /\bat .*\.ts:\d+|\/tmp\//);
  });

  it("that adds a mode previews it without a state", async () => {
    const { text } = await request(
      "more",
      () => clone.write("Pulumi.more.yaml", clone.read("Pulumi.ml.yaml").replace("8192", "4096")),
      "more",
    );
    assert.match(text, /\| <code>more<\/code> \| 🟡 changed \| a new mode with \d+ objects \|/);
    assert.match(text, /^\+ create Deployment\/vllm-server$/m);
  });

  it("that breaks its files is refused alike by Pulumi, and shows no secret and calls nobody", async () => {
    const { text, report } = await request("hostile", () => {
      set("Pulumi.ml.yaml", {
        huggingFaceToken: "hf_Secret0123456789",
        model: "@everyone/#1<!-- x -->",
        extraArguments: ["--api-key", "s3cret-of-mine", "```", marker],
        route: { host: "-no host-" },
      });
    });
    assert.equal(report.verdict, "refused");
    assert.match(text, /route\.host/);
    assert.doesNotMatch(text, /hf_Secret|s3cret-of-mine/);
    const outside = text.replace(/^(`{3,}).*$[\s\S]*?^\1$/gm, "");
    assert.doesNotMatch(outside, /@everyone|#1\b/);
    assert.equal(outside.split(marker).length, 2);
  });

  describe("of the cluster itself", () => {
    const preview = (environment: Sandbox, ...words: string[]): Promise<Ended> =>
      begin(process.execPath, [join(projectRoot, "lab", "preview", "index.ts"), "--cluster", ...words], {
        env: environment.environment(),
      }).ended;

    it("says what an up of the active stack would do there, with a reader's rights, and changes nothing", async () => {
      await kubectlOn(sandbox, ["apply", "-f", join(projectRoot, "docs/rbac/reader.yaml")]);
      const token = await kubectlOn(sandbox, ["create", "token", "vllm-platform-reader", "-n", "ml"]);
      const config = parse(readFileSync(sandbox.kubeconfig, "utf8")) as { users: { user: object }[] };
      for (const one of config.users) one.user = { token: token.trim() };
      writeFileSync(limited.kubeconfig, stringify(config));
      const everything = async () => [
        await versionsOf(sandbox),
        await pulumiSucceeds(sandbox, ["stack", "export", "-s", "ml"]),
      ];
      const found = await everything();
      const clean = await preview(limited);
      assert.equal(clean.code, 0, clean.stderr);
      assert.match(clean.stdout, /against <code>kwok-sandbox<\/code> \(the cluster, by its stack ml\)/);
      configure(sandbox, "ml", { maxModelLen: 4096 });
      const changed = await preview(limited);
      assert.equal(changed.code, 2, changed.stderr);
      assert.match(
        changed.stdout,
        /changed \| the pod restarts; Pulumi would update Deployment\/vllm-server/,
      );
      assert.deepEqual(await everything(), found);
    });

    it("is refused in words where there is no state or no cluster", async () => {
      const elsewhere = (variables: Record<string, string>) =>
        ({ ...sandbox, environment: () => ({ ...sandbox.environment(), ...variables }) }) as Sandbox;
      const state = await preview(elsewhere({ PULUMI_BACKEND_URL: `file://${folder}` }));
      assert.equal(state.code, 1);
      assert.match(
        state.stderr,
        /^Stack ml cannot be previewed\. There is no state of stack ml here: run it where/m,
      );
      const closed = `${sandbox.kubeconfig}.closed`;
      writeFileSync(
        closed,
        readFileSync(sandbox.kubeconfig, "utf8").replace(/server: .*/, "server: https://127.0.0.1:9"),
      );
      const cluster = await preview(reachedBy(sandbox, closed));
      assert.deepEqual([cluster.code, /^The cluster cannot be reached/m.test(cluster.stderr)], [1, true]);
    });
  });

  describe("as a command", () => {
    const preview = (...words: string[]) =>
      begin(process.execPath, [join(clone.folder, "lab", "preview", "index.ts"), ...words], {
        cwd: clone.folder,
        env: process.env,
      });
    const sandboxes = (pid: number | undefined): string[] =>
      readdirSync(tmpdir()).filter(
        (name) =>
          /^vllm-platform-sandbox-.*\.owner\.json$/.test(name) &&
          (JSON.parse(readFileSync(join(tmpdir(), name), "utf8")) as { pid: number }).pid === pid,
      );

    before(() => clone.edit("Pulumi.r1.yaml", (text) => text.replace("8192", "4096")));

    it("says first what the files declare, then what Pulumi does, asks only of what differs, and leaves no sandbox", async () => {
      const out = join(folder, "out");
      const running = preview("--out", out);
      await eventually(
        60,
        async () => /^ {2}r1: changed: 1 change; context/m.test(running.printed("stderr")) || undefined,
      );
      assert.match(readFileSync(join(out, "preview.md"), "utf8"), /^Pulumi is being asked about r1\.$/m);
      const { code, stderr } = await running.ended;
      assert.equal(code, 2, stderr);
      const text = readFileSync(join(out, "preview.md"), "utf8");
      assert.match(
        text,
        /\| <code>r1<\/code> \| 🟡 changed \| 1 change; context 8192 → 4096; the pod restarts \|/,
      );
      assert.match(text, /^Pulumi not asked: <code>coder<\/code>, <code>gaming<\/code>, <code>ml<\/code> /m);
      const { modes } = JSON.parse(readFileSync(join(out, "preview.json"), "utf8"));
      assert.equal(modes.find(({ mode }: ModeReport) => mode === "r1").engine.state, "previewed");
      assert.deepEqual(sandboxes(running.child.pid), []);
    });

    it("leaves no sandbox where it is interrupted", async () => {
      const running = preview();
      await eventually(60, async () => sandboxes(running.child.pid)[0]);
      await eventually(60, async () => running.printed("stderr").includes("Start the cluster") || undefined);
      running.child.kill("SIGINT");
      const { code, stdout, stderr } = await running.ended;
      assert.deepEqual([code, stdout], [130, ""], stderr);
      assert.match(stderr, /^Stopped\.$/m);
      assert.deepEqual(sandboxes(running.child.pid), []);
      assert.equal(existsSync(clone.folder), true);
    });

    it("tells the place where the branch's code does not load", async () => {
      clone.edit("stacks/plan/index.ts", (text) => `const none = ;\n${text}`);
      const { code, stdout, stderr } = await preview("--no-engine").ended;
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        /^This branch's own code does not load, so no mode can be compared: \S+\/stacks\/plan\/index\.ts:1: Expression expected\n$/,
      );
    });
  });
});
