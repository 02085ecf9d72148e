// Does NOT prove that pulumi words its errors so: a script stands for it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askPulumi } from "../../../engine/ask.ts";

describe("what is asked of pulumi", () => {
  const { PATH = "" } = process.env;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ask-pulumi-"));
  });
  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });

  const askOneThatSays = (text: string, ...words: string[]): Promise<string> => {
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\nprintf '${text}\\n' >&2\nexit 255\n`, { mode: 0o755 });
    process.env.PATH = `${folder}:${PATH}`;
    return askPulumi(folder, words);
  };

  it("is refused with the file and the way on where its secrets cannot be read", async () => {
    const said = "error: get stack secrets manager: incorrect passphrase";
    for (const flag of ["--stack", "-s"]) {
      await assert.rejects(askOneThatSays(said, "config", "get", "sshKey", flag, "ml"), {
        name: "RefusedError",
        message: /^The secrets of stack ml cannot be read.*\n {2}Pulumi\.ml\.yaml: encryptionsalt: /,
      });
    }
  });

  it("is refused in pulumi's own words, of which none acts on a terminal", async () => {
    await assert.rejects(askOneThatSays("error: no space\\033[2J", "stack", "ls"), {
      name: "RefusedError",
      message: /^`pulumi stack ls` failed\.\n {2}pulumi: error: no space\\u001b\[2J\. Fix that/,
    });
  });

  it("is refused where there is no pulumi, with where to get it", async () => {
    process.env.PATH = folder;
    await assert.rejects(askPulumi(folder, ["stack", "ls"]), {
      name: "RefusedError",
      message: /PATH: there is no `pulumi` on it\. Install it .*npm run -s env/,
    });
  });
});
