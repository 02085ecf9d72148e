/** `npm run picture`: draws the comment that a pull request would have, from the report of a real comparison, so that docs/ci.md shows it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inWords, newCommand } from "../../system/terminal/command-line.ts";
import { projectRoot } from "../sandbox/base/paths.ts";
import { exampleComment } from "./example.ts";
import { drawComment } from "./svg.ts";

/** Where it lies, from the project's root. */
export const pictureFile = "docs/preview-comment.svg";

export const picture = (): string => drawComment(exampleComment(projectRoot));

if (import.meta.main) {
  await inWords(() =>
    newCommand("npm run picture --", `Draws ${pictureFile} anew from what a preview says today.`)
      .action(() => {
        writeFileSync(join(projectRoot, pictureFile), picture());
        console.log(pictureFile);
      })
      .parseAsync(),
  );
}
