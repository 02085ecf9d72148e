/** What the name of a field manager says about who wrote a field. Pure. */
import { fieldManager } from "../../stacks/vocabulary/names.ts";
import type { ManagedFields } from "../api/managed-fields.ts";

/** The platform itself, by server-side apply. */
export function isOurs(entry: ManagedFields): boolean {
  return entry.manager === fieldManager && entry.operation === "Apply" && entry.subresource === undefined;
}

/** Someone at a keyboard: kubectl in all its commands, or an object older than server-side apply. */
export function isHand(manager: string): boolean {
  return /^(kubectl|before-first-apply)/.test(manager);
}

/** Controllers of Kubernetes, k3s and the add-ons here, which write into objects of others as part of their work. */
export function isController(manager: string): boolean {
  return /^(kube-|k3s|rke2|kubelet|cloud-controller|cert-manager|traefik)/.test(manager);
}

/** Whether an entry owns more than metadata and status. */
export function holdsContent({ fieldsV1 }: ManagedFields): boolean {
  return Object.keys(fieldsV1 ?? {}).some((step) => step !== "f:metadata" && step !== "f:status");
}
