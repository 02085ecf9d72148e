/** What is broken, in the order in which it is. */
import type { Drill } from "../base/drill.ts";
import { ofModes } from "./modes/index.ts";
import { ofNetwork } from "./network/index.ts";
import { ofNode } from "./node/index.ts";
import { ofServer } from "./server/index.ts";

export const drills: readonly Drill[] = [...ofServer, ...ofModes, ...ofNode, ...ofNetwork];
import { drain } from "./drain.ts";
import type { Drill } from "./drill.ts";
import { nodeLost } from "./node-lost.ts";
import { apiServerBusy, controlPlaneRestarted, runtimeRestarted } from "./restarts.ts";
import { engineStuck, healthSlow, serverAnswers503, serverHangs } from "./server-hangs.ts";
import { serverKilled } from "./server-killed.ts";
import { modeSwitch } from "./switch.ts";
import { unplug } from "./unplug.ts";

export const drills: readonly Drill[] = [
  serverKilled,
  serverAnswers503,
  serverHangs,
  engineStuck,
  healthSlow,
  modeSwitch,
  drain,
  unplug,
  nodeLost,
  controlPlaneRestarted,
  apiServerBusy,
  runtimeRestarted,
];
