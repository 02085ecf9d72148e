/** What is broken, in the order in which it is. */
import type { Drill } from "../base/drill.ts";
import { ofModes } from "./modes/index.ts";
import { ofNetwork } from "./network/index.ts";
import { ofNode } from "./node/index.ts";
import { ofServer } from "./server/index.ts";

export const drills: readonly Drill[] = [...ofServer, ...ofModes, ...ofNode, ...ofNetwork];
