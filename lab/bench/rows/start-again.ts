import { join } from "node:path";
import { projectRoot } from "../../sandbox/base/paths.ts";
import type { Row } from "./row.ts";

export const startAgain: Row = {
  name: "start-again",
  title: "npm start that has nothing to do",
  async variants(world) {
    const start = async () => {
      await world.run("node", [
        join(projectRoot, "lab/toolchain/bootstrap.mjs"),
        "lab/sandbox/commands/start.ts",
        "ml",
      ]);
    };
    await start();
    return [{ name: "npm start", run: start }];
  },
};
