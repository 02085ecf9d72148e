/** A mode's objects outside of the platform, for what people would do by hand. */
import { planFromFiles } from "../../../stacks/index.ts";
import { type Manifest, manifestsOf } from "../../../stacks/manifests/index.ts";
import { projectRoot } from "../../sandbox/base/paths.ts";

/** What a mode declares, by the clone's files. */
export const manifests = (mode: string): Manifest[] => manifestsOf(planFromFiles(projectRoot, mode));

/** The same objects in another namespace, so that all compared ways stand side by side. */
export function moved(json: string, namespace: string): string {
  return json
    .replaceAll('"namespace":"ml"', `"namespace":"${namespace}"`)
    .replaceAll('"name":"ml"', `"name":"${namespace}"`);
}

/** For `kubectl apply`. */
export function plainManifests(mode: string, namespace: string): string {
  return moved(JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests(mode) }), namespace);
}
