// Does NOT prove how a real terminal shows them; a small one of the tests follows the control sequences.
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { liveLines } from "../../../../system/terminal/live-lines.ts";
import { terminal } from "../../../support/terminal.ts";

describe("live lines", () => {
  it("change in place, below what is said, and stay at the end", () => {
    const { stream, screen } = terminal();
    let lines = ["one", "two"];
    const live = liveLines(stream, () => lines);
    live.draw();
    assert.equal(screen(), "one\ntwo");
    lines = ["three"];
    live.draw();
    assert.equal(screen(), "three");
    live.say("It stays.");
    lines = ["four", "five", "six"];
    live.draw();
    assert.equal(screen(), "It stays.\nfour\nfive\nsix");
    live.close();
    live.say("After it.");
    assert.equal(screen(), "It stays.\nfour\nfive\nsix\nAfter it.\nfour\nfive\nsix");
  });

  it("are cut at the terminal's width, so that none takes two rows", () => {
    const { stream, screen } = terminal(6);
    liveLines(stream, () => ["1234567"]).draw();
    assert.equal(screen(), "12345");
    const unknown = terminal(0);
    liveLines(unknown.stream, () => ["1234567"]).draw();
    assert.equal(unknown.screen(), "1234567");
  });

  it("are not written where there is no terminal, but what is said is", () => {
    const stream = new PassThrough();
    const live = liveLines(stream as unknown as NodeJS.WriteStream, () => ["one"]);
    live.draw();
    live.say("It stays.");
    live.close();
    assert.equal(String(stream.read()), "It stays.\n");
  });
});
