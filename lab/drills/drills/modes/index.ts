/** From one mode to another. */
import type { Drill } from "../../base/drill.ts";
import { manySwitches } from "./many-switches.ts";
import { modeSwitch } from "./switch.ts";
import { switchByHand } from "./switch-by-hand.ts";

export const ofModes: readonly Drill[] = [modeSwitch, switchByHand, manySwitches];
