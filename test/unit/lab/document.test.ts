// Does NOT prove that what a command measures is right: only where it is written.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withSection } from "../../../lab/document.ts";

const project = join(import.meta.dirname, "../../..");
const mark = (command: string) => `<!-- made by \`${command} --document p.md\`; not edited by hand -->`;

describe("a page with what was measured", () => {
  const page = `# Page\n\n${mark("a")}\n\nold a\n\n<!-- end -->\n\nBy hand.\n\n${mark("b")}\n<!-- end -->\n`;

  it("has it in the place of the command that made it, and keeps all else", () => {
    const once = withSection(page, { document: "p.md", command: "b", text: "new $& b\n" });
    assert.equal(
      once,
      page.replace(`${mark("b")}\n`, () => `${mark("b")}\n\nnew $& b\n\n`),
    );
    const twice = withSection(once, { document: "p.md", command: "a", text: "new a" });
    assert.equal(twice, once.replace("old a", "new a"));
  });

  it("is refused where it has no place for it, with the lines that make one", () => {
    assert.throws(() => withSection(page, { document: "p.md", command: "c", text: "" }), {
      message: `p.md has no place for what was measured: write these two lines where it belongs.\n  ${mark("c")}\n  <!-- end -->`,
    });
  });

  it("names itself and a command of package.json in each of its marks", () => {
    const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    let marks = 0;
    for (const file of readdirSync(join(project, "docs")).filter((name) => name.endsWith(".md"))) {
      const text = readFileSync(join(project, "docs", file), "utf8");
      for (const [line, script = "", document] of text.matchAll(
        /<!-- made by `npm run (\S+)[^`]* --document (\S+)`.*-->/g,
      )) {
        marks += 1;
        assert.equal(document, `docs/${file}`, line);
        assert.ok(script in scripts, line);
      }
      assert.equal(text.split("<!-- made by").length, text.split("<!-- end -->").length, file);
    }
    assert.ok(marks >= 5, `${marks} marks`);
  });
});
