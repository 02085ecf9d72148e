// Does NOT prove what GitHub makes of it: what is known of how it looks for mentions is held.
import assert from "node:assert/strict";
import { code, escaped, fenced } from "../../../../system/terminal/markdown.ts";

describe("text of others in Markdown", () => {
  it("is text only, and neither calls anybody nor refers to an issue once entities are resolved", () => {
    const text = "<b>*a*</b> @octocat #1 | `x`\n  [l](u)";
    assert.equal(
      escaped(text),
      "&#60;b&#62;&#42;a&#42;&#60;/b&#62; &#64;&#8203;octocat &#35;&#8203;1 &#124; &#96;x&#96; &#91;l&#93;(u)",
    );
    const shown = escaped(text).replace(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)));
    assert.doesNotMatch(shown, /@\w|#\d/);
    assert.equal(shown.replaceAll("\u200b", ""), text.replace("\n  ", " "));
  });

  it("can be copied where it is code", () => {
    assert.equal(code("image@sha256:ab"), "<code>image&#64;sha256:ab</code>");
  });

  it("cannot close its fence", () => {
    assert.deepEqual(fenced(["a", "````", "b"], "diff"), ["`````diff", "a", "````", "b", "`````"]);
  });
});
