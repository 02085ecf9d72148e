import { join } from "node:path";
import { projectRoot } from "../../sandbox/paths.ts";
import type { Row } from "./index.ts";

export const startAgain: Row = {
  name: "start-again",
  title: "npm start that has nothing to do",
  async variants(world) {
    const start = async () => {
      await world.run("node", [join(projectRoot, "toolchain", "bootstrap.mjs"), "sandbox/start.ts", "ml"]);
    };
    await start();
    return [{ name: "npm start", run: start }];
  },
};
