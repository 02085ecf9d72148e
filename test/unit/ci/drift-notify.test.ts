// Does NOT prove that a chat shows what it is sent, that mail is delivered, nor that systemd starts the timer.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseEnv } from "node:util";
import { projectRoot } from "../../../lab/sandbox/base/paths.ts";
import { finish } from "../../../system/processes.ts";
import { compileCache } from "../../support/compile-cache.ts";

const units = join(projectRoot, "examples/systemd");
/** The values of a unit's keys, by section and key. */
function unit(name: string): Map<string, string> {
  let section = "";
  const values = new Map<string, string>();
  for (const line of readFileSync(join(units, name), "utf8").split("\n")) {
    section = /^\[(\w+)\]$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) values.set(`${section}.${key}`, value);
  }
  return values;
}

describe("the timer that tells of drift", () => {
  let home: string;
  let answer: number;
  const got: { type: string | undefined; body: string }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push({ type: request.headers["content-type"], body });
      response.writeHead(answer).end("said the server");
    });
  });
  const path = "/hooks/aSecretNobodyMayRead";
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

  before(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)));
  after(() => server.close());
  beforeEach(() => {
    got.length = 0;
    answer = 200;
    home = mkdtempSync(join(tmpdir(), "vllm-platform-timer-"));
    mkdirSync(join(home, ".config/vllm-platform"), { recursive: true });
    mkdirSync(join(home, ".local/bin"), { recursive: true });
    const clone = join(home, "vllm-platform");
    mkdirSync(join(clone, "cli"), { recursive: true });
    for (const name of ["ci", "node_modules"]) symlinkSync(join(projectRoot, name), join(clone, name));
    writeFileSync(
      join(clone, "cli/gpu-mode.mjs"),
      `import { readFileSync, writeFileSync } from "node:fs";
      const at = (name) => process.env.HOME + "/" + name;
      writeFileSync(at("asked"), process.argv.slice(2).join(" "));
      process.stdout.write(readFileSync(at("out")));
      process.exitCode = Number(readFileSync(at("status")));`,
    );
    program("mail", `{ printf '%s\\n' "$@"; cat; } > "$HOME/mailed"`);
    settings({ DRIFT_WEBHOOK_URL: url() });
  });
  afterEach(() => rmSync(home, { recursive: true }));

  function program(name: string, commands: string): void {
    const file = join(home, ".local/bin", name);
    writeFileSync(file, `#!/bin/sh\n${commands}\n`);
    chmodSync(file, 0o755);
  }
  const settings = (values: Record<string, string>): void =>
    writeFileSync(
      join(home, ".config/vllm-platform/drift.env"),
      Object.entries(values)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(""),
    );

  /** Does what the unit says, as systemd would. */
  async function run(status: number, fingerprint?: string) {
    const report = `<!-- vllm-platform:drift -->\n<!-- fingerprint: ${fingerprint} -->\n**Report ${fingerprint}**\n`;
    writeFileSync(join(home, "out"), fingerprint === undefined ? "" : report);
    writeFileSync(join(home, "status"), String(status));
    const service = unit("vllm-platform-drift.service");
    const value = (key: string): string => (service.get(`Service.${key}`) ?? "").replaceAll("%h", home);
    const [command = "", ...args] = value("ExecStart").split(" ");
    const { stdout, stderr, ...end } = await finish(command, args, {
      cwd: value("WorkingDirectory"),
      env: {
        ...compileCache,
        HOME: home,
        STATE_DIRECTORY: join(home, ".local/state", value("StateDirectory")),
        ...parseEnv(readFileSync(value("EnvironmentFile"), "utf8")),
        PATH: value("Environment").replace(/^PATH=/, ""),
      },
    });
    const output = `${stdout}${stderr}`.trim();
    assert.ok(!output.includes(path), output);
    return { status: end.status, output };
  }

  it("posts drift once, another drift, and its end", async () => {
    assert.deepEqual(await run(0, "none"), { status: 0, output: "No news." });
    assert.deepEqual(await run(2, "a"), { status: 0, output: "Told: Drift was found." });
    await run(2, "a");
    await run(2, "b");
    await run(0, "none");
    assert.deepEqual(got, [
      { type: "text/plain; charset=utf-8", body: "Drift was found.\n\n**Report a**" },
      { type: "text/plain; charset=utf-8", body: "The drift is another one than before.\n\n**Report b**" },
      { type: "text/plain; charset=utf-8", body: "No drift any more.\n\n**Report none**" },
    ]);
    assert.equal(readFileSync(join(home, "asked"), "utf8"), "drift --markdown");
  });

  it("posts JSON with the key that a chat wants", async () => {
    settings({ DRIFT_WEBHOOK_URL: url(), DRIFT_WEBHOOK_KEY: "content" });
    await run(2, "a");
    assert.deepEqual(got, [
      { type: "application/json", body: JSON.stringify({ content: "Drift was found.\n\n**Report a**" }) },
    ]);
  });

  it("mails, too, and says that it cannot tell, or failed", async () => {
    settings({ DRIFT_WEBHOOK_URL: url(), DRIFT_MAIL_TO: "you@example.org" });
    await run(4, "x");
    assert.equal(
      readFileSync(join(home, "mailed"), "utf8"),
      "-s\nvllm-platform: It cannot be told whether there is drift, for a day or since the first run.\nyou@example.org\nIt cannot be told whether there is drift, for a day or since the first run.\n\n**Report x**\n",
    );
    await run(1);
    assert.match(readFileSync(join(home, "mailed"), "utf8"), /The drift run itself failed \(status 1\)/);
    assert.equal(got.length, 2);
  });

  it("fails where nobody could be told, and tells it again the next time", async () => {
    answer = 500;
    settings({ DRIFT_WEBHOOK_URL: url(), DRIFT_MAIL_TO: "you@example.org" });
    program("mail", "exit 75");
    assert.deepEqual(await run(2, "a"), {
      status: 1,
      output:
        "DRIFT_WEBHOOK_URL answered 500: said the server\nmail ended with status 75, so DRIFT_MAIL_TO was not told.",
    });
    answer = 200;
    program("mail", "cat > /dev/null");
    assert.deepEqual(await run(2, "a"), { status: 0, output: "Told: Drift was found." });
  });

  it("refuses what tells nobody before it looks, and never shows the address", async () => {
    settings({ DRIFT_WEBHOOK_KEY: "text" });
    assert.deepEqual(await run(2, "a"), {
      status: 2,
      output: "Set DRIFT_WEBHOOK_URL or DRIFT_MAIL_TO: nobody would be told.",
    });
    settings({ DRIFT_WEBHOOK_URL: `ftp://example.org${path}`, DRIFT_MAIL_TO: "-x you" });
    assert.deepEqual(await run(2, "a"), {
      status: 2,
      output:
        'DRIFT_WEBHOOK_URL is no address that begins with https:// or http://.\nDRIFT_MAIL_TO (found: "-x you"): must be one mail address.',
    });
    settings({ DRIFT_WEBHOOK_URL: `http://127.0.0.1:1${path}` });
    const end = await run(2, "a");
    assert.equal(end.status, 1);
    assert.match(end.output, /^DRIFT_WEBHOOK_URL did not answer: fetch failed: /);
  });

  it("is set for each night, also after one in which the machine was off, with no secret in it", () => {
    const timer = unit("vllm-platform-drift.timer");
    assert.equal(timer.get("Timer.Persistent"), "true");
    assert.match(timer.get("Timer.OnCalendar") ?? "", /^\*-\*-\* \d\d:\d\d$/);
    assert.equal(timer.get("Install.WantedBy"), "timers.target");
    const example = readFileSync(join(units, "drift.env"), "utf8");
    assert.deepEqual({ ...parseEnv(example) }, {}, "every line of the example is a comment");
  });

  it("is accepted by systemd, where there is one", async function () {
    const there = await finish("systemd-analyze", ["--version"]).catch(() => undefined);
    if (there === undefined) this.skip();
    const names = ["vllm-platform-drift.service", "vllm-platform-drift.timer"];
    const verify = (...files: string[]) =>
      finish("systemd-analyze", ["verify", "--user", "--man=no", ...files], {
        env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home },
      });
    const { stdout, stderr, status } = await verify(...names.map((name) => join(units, name)));
    assert.equal(`${stdout}${stderr}`, "");
    assert.equal(status, 0);
    const bad = join(home, "bad.service");
    writeFileSync(bad, "[Service]\nType=oneshot\nExecStart=relative\n");
    assert.notEqual((await verify(bad)).status, 0);
  });
});
