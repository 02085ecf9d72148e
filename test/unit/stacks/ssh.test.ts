// Does NOT prove that a server can be reached by these settings (test/engine/node-check.test.ts).
import assert from "node:assert/strict";
import { validateSettings } from "../../../stacks/index.ts";
import { fingerprint, parseHostKey } from "../../../stacks/settings/host-key.ts";
import { refusalOf, servedModel, withNeeded } from "./support.ts";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMdECHrEcZP/oJYVoIya1rFpKwsQSN/bLQ1Mqa7x8GQb";
const ssh = { host: "192.168.0.25", user: "tt", hostKey: ed25519 };
const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0IHRleHQ\n-----END OPENSSH PRIVATE KEY-----";

function settings(values: Record<string, unknown>, secrets: readonly string[] = ["sshKey"]) {
  return validateSettings({
    mode: "ml",
    values: withNeeded({ model: servedModel, ...values }),
    fileOf: () => "Pulumi.ml.yaml",
    secretKeys: new Set(secrets),
  });
}

describe("a host key", () => {
  it("is read as ssh-keyscan, a .pub file and known_hosts write it", () => {
    for (const line of [
      ed25519,
      `192.168.0.25 ${ed25519}`,
      `${ed25519} root@k3s-gpu-worker`,
      ` ${ed25519}\t`,
    ]) {
      assert.deepEqual(parseHostKey(line), { type: "ssh-ed25519", base64: ed25519.slice(12) });
    }
  });

  it("is none where it is cut short, of another kind than it says, or something else", () => {
    const wrong = [
      ed25519.slice(0, -4),
      ed25519.replace("ssh-ed25519", "ssh-rsa"),
      `a b ${ed25519}`,
      "ssh-ed25519",
      "",
    ];
    for (const line of wrong) {
      assert.equal(parseHostKey(line), undefined, line);
    }
  });

  it("has the fingerprint that ssh-keygen shows", () => {
    const parsed = parseHostKey(ed25519);
    assert.ok(parsed);
    assert.equal(fingerprint(parsed), "SHA256:s9oCcGBd5khiwzxb3D1dkJoODeaB8BYUvWgui7LV5GU");
  });
});

describe("gpuNode.ssh", () => {
  it("takes the user's key from one of three places", () => {
    assert.equal(settings({ gpuNode: { ssh }, sshKey: key }).gpuNode.ssh?.port, 22);
    assert.equal(settings({ gpuNode: { ssh: { ...ssh, keyFile: "~/.ssh/gpu" } } }).sshKey, undefined);
    assert.equal(settings({ gpuNode: { ssh: { ...ssh, agent: true } } }).gpuNode.ssh?.agent, true);
  });

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "no key",
      { gpuNode: { ssh } },
      "Pulumi.ml.yaml: gpuNode.ssh: no key of the user is named. Do one of three: set the secret by `npm run set-secret -- sshKey < <key file>`, name gpuNode.ssh.keyFile, or set gpuNode.ssh.agent to true.",
    ],
    [
      "two keys",
      { gpuNode: { ssh: { ...ssh, agent: true } }, sshKey: key },
      "Pulumi.ml.yaml: gpuNode.ssh: the user's key can come from one place only, and the secret sshKey and gpuNode.ssh.agent are set. Keep one of them.",
    ],
    [
      "a key for no host",
      { sshKey: key },
      'Pulumi.ml.yaml: sshKey (found: "(hidden)"): is set, but gpuNode.ssh does not say which host it is for. Set gpuNode.ssh, or remove the key with `pulumi config rm sshKey`.',
    ],
    [
      "a key that is no secret's form",
      { gpuNode: { ssh }, sshKey: "ssh-ed25519 AAAA" },
      'Pulumi.ml.yaml: sshKey (found: "(hidden)"): must be a private key as its file holds it, with all lines from BEGIN to END. Run `pulumi config set --secret sshKey -s ml < ~/.ssh/<key file>`, or `npm run set-secret -- sshKey < ~/.ssh/<key file>` for all modes.',
    ],
  ];
  for (const [name, values, says] of refused) {
    it(`is refused with ${name}`, () => {
      assert.deepEqual(
        refusalOf(() => settings(values)),
        [says],
      );
    });
  }

  it("is refused without host key, and where a private key was written in the place of a file or a host key", () => {
    const { hostKey: _, ...rest } = ssh;
    assert.match(
      refusalOf(() => settings({ gpuNode: { ssh: { ...rest, agent: true } } })).join("\n"),
      /gpuNode\.ssh\.hostKey: is missing; it must be a public host key/,
    );
    for (const wrong of [{ keyFile: key }, { hostKey: key, agent: true }, { key, agent: true }]) {
      const said = refusalOf(() => settings({ gpuNode: { ssh: { ...ssh, ...wrong } } })).join("\n");
      assert.doesNotMatch(said, /c2VjcmV0/);
    }
  });
});
