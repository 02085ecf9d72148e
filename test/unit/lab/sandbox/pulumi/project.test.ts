// Does NOT prove that pulumi accepts the project; the engine tests bring it up.
import assert from "node:assert/strict";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";
import { linkFiles, type SandboxPaths, sandboxPaths } from "../../../../../lab/sandbox/base/paths.ts";
import {
  derivedProject,
  listModes,
  makePassphrase,
  makePulumiHome,
  projectName,
  syncProject,
  trackedCopies,
} from "../../../../../lab/sandbox/pulumi/project.ts";
import { UserError } from "../../../../../system/errors.ts";
import { Folder } from "../fixtures.ts";

describe("the sandbox's Pulumi project", () => {
  let folder: Folder;
  let root: string;
  beforeEach(() => {
    folder = new Folder();
    root = join(folder.dir, "clone");
    mkdirSync(root);
    writeFileSync(
      join(root, "Pulumi.yaml"),
      "name: demo\nruntime: nodejs\nmain: index.ts\nconfig: { a:b: 1 }\n",
    );
    for (const mode of ["ml", "r1"])
      writeFileSync(join(root, `Pulumi.${mode}.yaml`), `config: { a:mode: ${mode} }\n`);
  });
  afterEach(() => folder.remove());

  const paths = () => sandboxPaths(join(root, ".sandbox"));
  const inProject = (name: string) => join(paths().project, name);
  async function sync(of: SandboxPaths = paths()): Promise<string[]> {
    mkdirSync(of.dir, { recursive: true });
    await linkFiles(of, root);
    return syncProject(of, root);
  }

  it("is the tracked one but for its main and its cluster", () => {
    const cluster = "vllm-platform:cluster: { value: { context: my-k3s, identifier: mine } }";
    const derived = derivedProject(
      `name: demo\nmain: index.ts\noptions: { refresh: always }\nconfig: { a:b: 1, ${cluster} }\n`,
      { main: "../../index.ts", kubeconfig: "/sandbox/kubeconfig" },
    );
    assert.match(derived, /^# Made from the clone's Pulumi\.yaml; changes belong there\.\n/);
    assert.deepEqual(parse(derived), {
      name: "demo",
      options: { refresh: "always" },
      main: "../../index.ts",
      config: {
        "a:b": 1,
        "vllm-platform:cluster": { value: { kubeconfig: "/sandbox/kubeconfig", context: "kwok-sandbox" } },
      },
    });
  });

  for (const text of ["hello\n", "config: hello\n", "config:\n  x: [\n"]) {
    it(`is ${JSON.stringify(text)} as it stands, for its reader to judge`, () => {
      assert.equal(derivedProject(text, { main: "main.mjs", kubeconfig: "k" }), text);
    });
  }

  it("knows the modes and the project's name", async () => {
    writeFileSync(join(root, "Pulumi.My_Mode.yaml"), "");
    assert.deepEqual(await listModes(root), ["ml", "r1"], "a name that no mode can have gets no stack");
    assert.deepEqual(await listModes(join(root, "nowhere")), []);
    assert.equal(await projectName(root), "demo");
    writeFileSync(join(root, "Pulumi.yaml"), "runtime: nodejs\n");
    const file = join(root, "Pulumi.yaml");
    await assert.rejects(
      projectName(root),
      new UserError(`${file} names no project. Write \`name: vllm-platform\` at its beginning.`),
    );
    writeFileSync(file, "config:\n  x: [\n");
    await assert.rejects(
      projectName(root),
      new UserError(
        `${file} cannot be read as YAML with settings. Correct it, or take it back with \`git checkout -- Pulumi.yaml\`.`,
      ),
    );
    rmSync(join(root, "Pulumi.yaml"));
    await assert.rejects(projectName(root), new UserError(`Pulumi.yaml is missing in ${root}.`));
  });

  it("points back into the clone, from within it by a relative path", async () => {
    assert.deepEqual(await sync(), []);
    const { main } = parse(readFileSync(inProject("Pulumi.yaml"), "utf8")) as { main: string };
    assert.equal(isAbsolute(main), false);
    assert.equal(resolve(paths().project, main), join(root, "main.mjs"));
  });

  it("points back by an absolute path from elsewhere", async () => {
    await sync(folder.paths);
    const { main } = parse(readFileSync(join(folder.paths.project, "Pulumi.yaml"), "utf8")) as {
      main: string;
    };
    assert.equal(main, join(root, "main.mjs"));
  });

  it("follows the tracked files, and drops a mode that is gone", async () => {
    await sync();
    writeFileSync(join(root, "Pulumi.new.yaml"), "config: { a:mode: new }\n");
    rmSync(join(root, "Pulumi.r1.yaml"));
    await sync();
    assert.deepEqual(readdirSync(paths().project).sort(), [
      ".tracked",
      "Pulumi.ml.yaml",
      "Pulumi.new.yaml",
      "Pulumi.yaml",
    ]);
    for (const name of ["Pulumi.yaml", "Pulumi.ml.yaml", "Pulumi.new.yaml"]) {
      assert.equal(
        readFileSync(join(trackedCopies(paths()), name), "utf8"),
        readFileSync(join(root, name), "utf8"),
      );
    }
  });

  it("writes nothing where nothing has changed, and never into the clone", async () => {
    const before = readdirSync(root);
    await sync();
    const age = statSync(inProject("Pulumi.ml.yaml")).mtimeMs;
    await sync();
    assert.equal(statSync(inProject("Pulumi.ml.yaml")).mtimeMs, age);
    assert.deepEqual(readdirSync(root), [...before, ".sandbox"].sort());
  });

  it("says which secrets it cannot read, and how to set one", async () => {
    writeFileSync(join(root, "Pulumi.ml.yaml"), "config: { a:token: { secure: v1:x } }\n");
    assert.deepEqual(await sync(), [
      "Pulumi.ml.yaml: the sandbox cannot read the secret a:token; set one for it with `pulumi config set --secret a:token -s ml` in its shell",
    ]);
  });

  describe("what pulumi writes into it", () => {
    const tracked = (name = "Pulumi.ml.yaml") => readFileSync(join(root, name), "utf8");
    const change = (name: string, text: string) => writeFileSync(inProject(name), text);
    const mode = () => statSync(join(root, "Pulumi.ml.yaml")).mode;

    it("goes into the tracked file, which keeps its permissions, and that is said", async () => {
      await sync();
      const before = mode();
      change("Pulumi.ml.yaml", "config: { a:mode: other }\n");
      assert.deepEqual(await sync(), [`Changed ${join(root, "Pulumi.ml.yaml")}: a:mode set.`]);
      assert.equal(tracked(), "config: { a:mode: other }\n");
      assert.equal(mode(), before);
      assert.deepEqual(await sync(), []);
    });

    it("stays in the sandbox where it is a salt or a secret, through later changes of the tracked file", async () => {
      await sync();
      const before = tracked();
      const own = "encryptionsalt: v1:y\n";
      change("Pulumi.ml.yaml", `config: { a:mode: ml, a:token: { secure: v1:x } }\n${own}`);
      assert.deepEqual(await sync(), []);
      assert.equal(tracked(), before);
      writeFileSync(join(root, "Pulumi.ml.yaml"), "config: { a:mode: later }\n");
      await sync();
      assert.deepEqual(parse(readFileSync(inProject("Pulumi.ml.yaml"), "utf8")), {
        config: { "a:mode": "later", "a:token": { secure: "v1:x" } },
        encryptionsalt: "v1:y",
      });
      assert.equal(statSync(join(paths().secrets, "Pulumi.ml.yaml")).mode & 0o777, 0o600);
    });

    it("makes the file of a mode that pulumi has begun", async () => {
      await sync();
      change("Pulumi.new.yaml", "encryptionsalt: v1:y\n");
      assert.deepEqual(await sync(), []);
      assert.equal(existsSync(join(root, "Pulumi.new.yaml")), false);
      change("Pulumi.new.yaml", "config: { a:mode: new }\nencryptionsalt: v1:y\n");
      await sync();
      assert.deepEqual(parse(tracked("Pulumi.new.yaml")), { config: { "a:mode": "new" } });
    });

    it("never undoes an edit of the tracked file, however a run was cut off", async () => {
      await sync();
      writeFileSync(join(root, "Pulumi.ml.yaml"), "config: { a:mode: edited }\n");
      // As after a run that was killed between its two writes.
      change("Pulumi.ml.yaml", "config: { a:mode: edited }\n");
      assert.deepEqual(await sync(), []);
      rmSync(join(trackedCopies(paths()), "Pulumi.ml.yaml"));
      change("Pulumi.ml.yaml", "config: { a:mode: older }\n");
      assert.deepEqual(await sync(), []);
      assert.equal(tracked(), "config: { a:mode: edited }\n");
      assert.equal(readFileSync(inProject("Pulumi.ml.yaml"), "utf8"), tracked());
    });

    it("is told as lost where the tracked file has a fault", async () => {
      await sync();
      writeFileSync(join(root, "Pulumi.ml.yaml"), "config: hello\n");
      change("Pulumi.ml.yaml", "config: { a:mode: other }\n");
      assert.deepEqual(await sync(), [
        `${join(root, "Pulumi.ml.yaml")} could not be changed (it is not a stack file), so this is lost: a:mode set.`,
      ]);
      assert.equal(tracked(), "config: hello\n");
      assert.equal(readFileSync(inProject("Pulumi.ml.yaml"), "utf8"), "config: hello\n");
    });
  });

  it("has a passphrase that is made once and that only its user can read", async () => {
    await makePassphrase(folder.paths);
    const passphrase = readFileSync(folder.paths.passphrase, "utf8");
    assert.ok(passphrase.length >= 40);
    assert.equal(statSync(folder.paths.passphrase).mode & 0o777, 0o600);
    await makePassphrase(folder.paths);
    assert.equal(readFileSync(folder.paths.passphrase, "utf8"), passphrase);
  });

  it("has the toolchain's plugins, the present ones, whatever stood in their place", async () => {
    const link = join(folder.paths.pulumiHome, "plugins");
    await makePulumiHome(folder.paths, "/old");
    await makePulumiHome(folder.paths, "/new");
    assert.equal(readlinkSync(link), "/new");
    rmSync(link);
    mkdirSync(join(link, "resource-x"), { recursive: true });
    await makePulumiHome(folder.paths, "/new");
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.equal(existsSync(join(link, "resource-x")), false);
  });

  it("has no folder for pulumi's logs, also where there was one", async () => {
    const logs = join(folder.paths.pulumiHome, "logs");
    mkdirSync(logs, { recursive: true });
    for (let times = 0; times < 2; times += 1) {
      await makePulumiHome(folder.paths, "/plugins");
      assert.ok(lstatSync(logs).isFile());
    }
  });
});
