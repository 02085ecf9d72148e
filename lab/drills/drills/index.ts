/** What is broken, in the order in which it is. */
import { used } from "./clients.ts";
import { drain, unplug } from "./drain.ts";
import type { Drill } from "./drill.ts";
import { manyStreams } from "./many-streams.ts";
import { manySwitches } from "./many-switches.ts";
import { networkPolicy } from "./network-policy.ts";
import { diskPressure, foreignPod } from "./node-refuses.ts";
import { publicRoute } from "./public-route.ts";
import { nodeLacks, serverFails } from "./reasons.ts";
import { engineStuck, healthSlow, serverAnswers503, serverHangs } from "./server-hangs.ts";
import { serverKilled } from "./server-killed.ts";
import { neverLoads, slowestLoad, slowLoad } from "./slow-load.ts";
import { modeSwitch } from "./switch.ts";
import { switchByHand } from "./switch-by-hand.ts";

export const drills: readonly Drill[] = [
  used(serverKilled),
  serverAnswers503,
  serverHangs,
  engineStuck,
  healthSlow,
  manyStreams,
  modeSwitch,
  drain,
  unplug,
  networkPolicy,
  publicRoute,
  slowLoad,
  serverFails,
  nodeLacks,
  diskPressure,
  foreignPod,
  slowestLoad,
  neverLoads,
  switchByHand,
  manySwitches,
  used(drain),
  used(unplug),
];
