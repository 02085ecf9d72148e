/** What a node is put through, with its card, and the control plane. */
import { used } from "../../base/clients.ts";
import type { Drill } from "../../base/drill.ts";
import { drain } from "./drain.ts";
import { nodeLost } from "./lost.ts";
import { diskPressure, foreignPod } from "./refuses.ts";
import { apiServerBusy, controlPlaneRestarted, runtimeRestarted } from "./restarts.ts";
import { unplug } from "./unplug.ts";

export const ofNode: readonly Drill[] = [
  used(drain),
  used(unplug),
  used(nodeLost),
  diskPressure,
  foreignPod,
  controlPlaneRestarted,
  apiServerBusy,
  runtimeRestarted,
];
