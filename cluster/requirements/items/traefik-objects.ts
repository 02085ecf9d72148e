/** Traefik's own objects, by the label that k3s and Traefik's chart give them. */
import { traefikLabels } from "../../../stacks/vocabulary/names.ts";

/** As kubectl and the API server take it. */
export const traefikLabel = Object.entries(traefikLabels)
  .map(([name, value]) => `${name}=${value}`)
  .join(",");

const labelled = (resource: string): string =>
  `/api/v1/${resource}?labelSelector=${encodeURIComponent(traefikLabel)}`;

export const traefikPodsPath = labelled("pods");
export const traefikServicesPath = labelled("services");
