/** Where a state that was made before the programs had a folder of their own looks for this one, at its destroy. */
import "./programs/remove-platform.ts";
