/** What can befall the server, and a server that does not come up. */
import { used } from "../../base/clients.ts";
import type { Drill } from "../../base/drill.ts";
import { nodeLacks, serverFails } from "./fails.ts";
import { engineStuck, healthSlow, serverAnswers503, serverHangs } from "./hangs.ts";
import { serverKilled } from "./killed.ts";
import { neverLoads, slowestLoad, slowLoad } from "./slow-load.ts";

export const ofServer: readonly Drill[] = [
  used(serverKilled),
  serverAnswers503,
  serverHangs,
  engineStuck,
  healthSlow,
  serverFails,
  nodeLacks,
  slowLoad,
  slowestLoad,
  neverLoads,
];
