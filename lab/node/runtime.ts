/** What containerd runs on a node, read in its own files: a look takes a millisecond, and asks nobody. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { firstProcessFile } from "./spec.ts";

export interface RunningContainer {
  readonly id: string;
  readonly namespace: string;
  readonly pod: string;
  /** Its name in the pod. */
  readonly name: string;
}

const annotations = {
  namespace: "io.kubernetes.cri.sandbox-namespace",
  pod: "io.kubernetes.cri.sandbox-name",
  name: "io.kubernetes.cri.container-name",
} as const;

/** Looks at a node again and again. */
export class Runtime {
  readonly #folder: string;
  readonly #known = new Map<string, RunningContainer | "a pod's first">();

  /** @param folder the node's */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Containers from their creation until containerd has let go of them, but for those that hold a pod's network. */
  async containers(): Promise<RunningContainer[]> {
    const first = (await readFile(firstProcessFile(this.#folder), "utf8")).trim();
    const bundles = `/proc/${first}/root/run/containerd/io.containerd.runtime.v2.task/k8s.io`;
    const found: RunningContainer[] = [];
    for (const id of await readdir(bundles).catch(() => [])) {
      const known = this.#known.get(id) ?? (await read(join(bundles, id), id));
      if (known === undefined) continue;
      this.#known.set(id, known);
      if (known !== "a pod's first") found.push(known);
    }
    return found;
  }
}

/** Undefined where it is being made, or has just gone. */
async function read(bundle: string, id: string): Promise<RunningContainer | "a pod's first" | undefined> {
  try {
    const config = JSON.parse(await readFile(join(bundle, "config.json"), "utf8")) as {
      annotations: Record<string, string>;
    };
    const of = (key: keyof typeof annotations): string | undefined => config.annotations[annotations[key]];
    const [namespace, pod, name] = [of("namespace"), of("pod"), of("name")];
    return namespace === undefined || pod === undefined || name === undefined
      ? "a pod's first"
      : { id, namespace, pod, name };
  } catch {
    return undefined;
  }
}
