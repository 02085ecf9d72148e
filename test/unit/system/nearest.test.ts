// Does NOT prove that the nearest word was meant; only that a far one is never offered.
import assert from "node:assert/strict";
import { nearest } from "../../../system/nearest.ts";

describe("the word that is probably meant", () => {
  const known = ["maxModelLen", "model", "ml", "r1"];

  it("is the nearest one, letter case aside", () => {
    assert.equal(nearest("maxmodellength", known), "maxModelLen");
    assert.equal(nearest("Modle", known), "model");
    assert.equal(nearest("r2", known), "r1");
  });

  it("is none where as much differs as was written, or more than may", () => {
    assert.equal(nearest("xy", known), undefined);
    assert.equal(nearest("context", known), undefined);
    assert.equal(nearest("maxmodellen8", known, 0), undefined);
    assert.equal(nearest("ml", []), undefined);
  });
});
