/** Who reaches the server, and how many at once. */
import type { Drill } from "../../base/drill.ts";
import { manyStreams } from "./many-streams.ts";
import { networkPolicy } from "./policy.ts";
import { publicRoute } from "./public-route.ts";

export const ofNetwork: readonly Drill[] = [networkPolicy, publicRoute, manyStreams];
