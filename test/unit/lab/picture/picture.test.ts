// Does NOT prove that GitHub shows a comment so: the text is the real one, its look is drawn.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exampleComment } from "../../../../lab/picture/example.ts";
import { picture, pictureFile } from "../../../../lab/picture/index.ts";
import { broken, pieces } from "../../../../lab/picture/inline.ts";
import { projectRoot } from "../../../../lab/sandbox/base/paths.ts";

describe("the picture of a preview's comment", () => {
  it("is the one that today's report gives, and docs/ci.md shows it", () => {
    assert.equal(
      readFileSync(join(projectRoot, pictureFile), "utf8"),
      picture(),
      `${pictureFile} is out of date: run \`npm run picture\` and commit what it writes`,
    );
    assert.match(
      readFileSync(join(projectRoot, "docs/ci.md"), "utf8"),
      /!\[[^\]]+\]\(preview-comment\.svg\)/,
    );
  });

  it("has every word of the comment's table and of its refusal, as text and not as marks", () => {
    const shown = picture()
      .replaceAll(/<[^>]+>/g, "")
      .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
    const rows = exampleComment(projectRoot)
      .split("\n")
      .filter((line) => /^\| <code>/.test(line));
    assert.ok(rows.some((row) => row.includes("refused")) && rows.some((row) => row.includes("changed")));
    for (const word of rows.flatMap((row) =>
      pieces(row.replaceAll("|", " ")).flatMap(({ text }) => text.split(" ")),
    )) {
      assert.ok(shown.includes(word), word);
    }
    assert.doesNotMatch(shown, /\*\*|<code>|<!--|&#|```|---/);
  });

  it("breaks lines at spaces only", () => {
    const lines = broken(pieces("a **bold word** and `code here`"), 60, 10);
    assert.ok(lines.length > 1);
    assert.equal(
      lines.map((line) => line.map(({ text }) => text).join("")).join(""),
      "a bold word and code here",
    );
  });
});
