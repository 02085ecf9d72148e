// Does NOT prove that pulumi words its errors so; test/faults/gpu-mode-broken-files.test.ts meets a real one.
import assert from "node:assert/strict";
import { unreadableSecrets } from "../../../engine/secrets.ts";

describe("secrets that pulumi cannot read", () => {
  it("are a refusal with the file or variable, the key and the way", () => {
    const cases: [string, RegExp][] = [
      [
        "getting stack configuration: get stack secrets manager: incorrect passphrase",
        /^The secrets of stack r1 cannot be read, so pulumi has not begun\.\n {2}Pulumi\.r1\.yaml: encryptionsalt: it was made with another passphrase .* gpu-mode forget r1 .* npm run set-secret -- <name>/,
      ],
      [
        "getting stack configuration: get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
        /\n {2}PULUMI_CONFIG_PASSPHRASE: it is not set, .*\. Set one of them/,
      ],
      [
        "validating stack config: cipher: message authentication failed",
        /\n {2}Pulumi\.r1\.yaml: encryptionsalt: a value .* npm run set-secret/,
      ],
    ];
    for (const [text, expected] of cases) {
      assert.match(unreadableSecrets("r1", text)?.message ?? "", expected);
    }
    assert.equal(unreadableSecrets("r1", "no space left on device"), undefined);
  });
});
