/** What containers of the lab see as their file system: Python, Node.js, a shell, and the stub in the place of vLLM. */
import { chmod, copyFile, cp, mkdir, readdir, realpath, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf } from "../../../system/processes.ts";
import { behaviourFile } from "../../sandbox/stub/container.ts";

const clone = fileURLToPath(new URL("../../..", import.meta.url));

/** Where the stub lies in a container. */
const home = "/srv/vllm-platform";

/** What of the clone the stub imports. */
const sources = [
  "lab/sandbox/stub",
  "stacks",
  "system",
  "package.json",
  "node_modules/leven",
  "node_modules/zod",
];

/**
 * vLLM's server by its own name, so that the platform's command starts it: it writes what it is told to, so that a fault of the
 * cache is told in Python's words as by Hugging Face's library, and becomes the stub.
 */
const server = `import json, os, sys
cache = os.environ.get("HF_HOME", "/")
try:
    with open(os.path.join(cache, "${behaviourFile}")) as file:
        behaviour = json.load(file)
except (OSError, ValueError):
    behaviour = {}  # there is none, or it is being written
for folder, size in (
    (os.path.join(cache, "hub"), "fetchMiB"),
    (os.environ.get("VLLM_CACHE_ROOT", "/tmp"), "scratchMiB"),
):
    if behaviour.get(size):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "written"), "wb") as file:
            for _ in range(behaviour[size]):
                file.write(bytes(1024 ** 2))
os.execv("/usr/bin/node", ["node", "${home}/lab/sandbox/stub/container.ts", *sys.argv[1:]])
`;

/** Of the standard library, what no server needs and is large. */
const leftOut =
  /^(site-packages|test|idlelib|tkinter|turtledemo|ensurepip|lib2to3|unittest|config-.*|__pycache__|_tkinter.*)$/;

/** Fills a folder. The programs are this machine's own, with the libraries that they load. */
export async function fillLayer(root: string): Promise<void> {
  for (const folder of ["dev", "etc", "proc", "root", "sys", "tmp", "usr/bin", "var/cache"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, "tmp"), 0o1777);
  await writeFile(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n",
  );
  await writeFile(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  await writeFile(join(root, "etc/nsswitch.conf"), "hosts: files dns\n");
  await addProgram(root, process.execPath, "/usr/bin/node");
  await addProgram(root, await realpath("/bin/sh"), "/usr/bin/sh");
  await symlink("usr/bin", join(root, "bin"));
  await addPython(root);
  for (const source of sources) {
    await cp(join(clone, source), join(root, home, source), { recursive: true, dereference: true });
  }
}

async function addProgram(root: string, from: string, to: string): Promise<void> {
  await copy(root, from, to);
  await addLibraries(root, [from]);
}

/** What the programs or libraries load, each where it lies on this machine. */
async function addLibraries(root: string, of: readonly string[]): Promise<void> {
  const libraries = await outputOf("ldd", of);
  for (const [, path = ""] of libraries.matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)) {
    await copy(root, path, path);
  }
}

/** It finds its library by where it lies itself, so both stay where they are; \`/usr/bin/python3\` leads there. */
async function addPython(root: string): Promise<void> {
  const ask =
    "import os, sys, sysconfig; print(os.path.realpath(sys.executable)); print(sysconfig.get_path('stdlib'))";
  const [executable = "", library = ""] = (await outputOf("python3", ["-I", "-c", ask])).trim().split("\n");
  await addProgram(root, executable, executable);
  const link = join(root, "usr/bin/python3");
  if (join(root, executable) !== link) await symlink(executable, link);
  await cp(library, join(root, library), {
    recursive: true,
    dereference: true,
    filter: (from) => !leftOut.test(basename(from)),
  });
  const modules = join(library, "lib-dynload");
  await addLibraries(
    root,
    (await readdir(modules)).filter((name) => !leftOut.test(name)).map((name) => join(modules, name)),
  );
  const folder = join(root, library, "vllm/entrypoints/openai");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "api_server.py"), server);
}

async function copy(root: string, from: string, to: string): Promise<void> {
  await mkdir(join(root, dirname(to)), { recursive: true });
  await copyFile(from, join(root, to));
}
