// Does not prove that Pulumi stores what it is handed; nothing is run here.
import assert from "node:assert/strict";
import { planSecret, secretNamed, secretValue, stackNames } from "../../../operations/secret-commands.ts";
import { exitCodes, UserError } from "../../../system/errors.ts";
import { statusOf } from "../../../system/terminal/command-line.ts";

describe("setting a secret for all modes", () => {
  it("runs one command for each mode with a stack, and names the others", () => {
    const { commands, withoutStack } = planSecret(
      "huggingFaceToken",
      ["gaming", "ml", "r1"],
      ["me/ml", "r1", "test"],
    );
    assert.deepEqual(
      commands.map((command) => [command.mode, command.arguments.join(" ")]),
      ["ml", "r1"].map((mode) => [
        mode,
        `config set --secret --stack ${mode} --non-interactive vllm-platform:huggingFaceToken`,
      ]),
    );
    assert.deepEqual(withoutStack, ["gaming"]);
  });

  it("is refused where no mode has a stack", () => {
    assert.throws(() => planSecret("huggingFaceToken", ["ml"], []), {
      name: "RefusedError",
      message:
        "huggingFaceToken is not set.\n  the state backend: no mode has a stack yet, and only a stack can encrypt a value. `pulumi stack init ml`.",
    });
  });

  it("takes no value on the command line, and does not repeat one", () => {
    assert.equal(secretNamed(["huggingFaceToken"]), "huggingFaceToken");
    for (const [words, status] of [
      [["huggingFaceToken", "hf_x1"], exitCodes.refused],
      [["hf_x1"], exitCodes.usage],
      [[], exitCodes.usage],
    ] as const) {
      assert.throws(
        () => secretNamed(words),
        (error) =>
          error instanceof UserError && statusOf(error) === status && !error.message.includes("hf_x1"),
      );
    }
    assert.throws(() => secretNamed(["huggingfacetoken"]), /Run `npm run set-secret -- huggingFaceToken`\./);
  });

  it("takes one word from standard input, without the line break at its end", () => {
    assert.equal(secretValue("huggingFaceToken", "hf_x1\r\n"), "hf_x1");
    for (const input of ["", "\n", "hf_x1 \n", "hf\nx1"]) {
      assert.throws(
        () => secretValue("huggingFaceToken", input),
        /must be one word without blanks and line breaks/,
      );
    }
  });

  it("takes a private key with all its lines, and says how it is handed over", () => {
    const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY-----";
    assert.equal(secretValue("sshKey", `${key}\n`), key);
    for (const input of ["", "hf_x1", key.slice(0, -9), "ssh-ed25519 AAAA tt@home"]) {
      assert.throws(
        () => secretValue("sshKey", input),
        /the value of sshKey must be a private key .*npm run set-secret -- sshKey < ~\/\.ssh/,
      );
    }
  });

  it("reads Pulumi's list of stacks", () => {
    assert.deepEqual(stackNames('[{"name":"ml","current":true},{"name":"r1"}]'), ["ml", "r1"]);
  });
});
