// Does NOT prove that a real node answers like the scripted one, nor what NVIDIA's tools print in fact.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exitCodes } from "../../cli/exit-codes.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { projectRoot } from "../../sandbox/paths.ts";
import { readModeFiles } from "../../stacks/files.ts";
import { configure } from "../support/configure.ts";
import { gpuModeEnds } from "../support/gpu-mode.ts";
import { boltctlList, idleCard, smiFailures, smiScript } from "../support/node-outputs.ts";
import { nothingDiffers, type PulumiResult, pulumiOn, pulumiSucceeds, up } from "../support/pulumi.ts";
import { startedSandbox } from "../support/sandbox.ts";
import { healthyNode, prints, removeCard } from "../support/scripted-node.ts";
import {
  droppingListener,
  type Listener,
  makeKeys,
  SshServer,
  silentListener,
} from "../support/ssh-server.ts";
import { claimOf, versionsOf } from "../support/whole-mode.ts";

/** A fault of the node or of the way to it, and what the refusal must say of it. */
interface Broken {
  readonly about: string;
  readonly breaks: () => Promise<unknown>;
  readonly says: readonly RegExp[];
  /** What the listener in the server's place needs; the node's own files are made anew in any case. */
  readonly mends?: () => Promise<unknown>;
}

describe("the check of the GPU node in the engine", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;
  let server: SshServer;
  let listener: Listener | undefined;

  before(async function () {
    server = await SshServer.startOrSkip(this);
    await healthyNode(server);
    sandbox = await startedSandbox();
    await up(sandbox, "ml");
  });

  after(() => Promise.all([sandbox?.remove(), server?.remove()]));

  const tryUp = (mode: string): Promise<PulumiResult> =>
    pulumiOn(sandbox, ["up", "--yes", "--skip-preview", "-s", mode]);

  async function outputOf(mode: string, name: string): Promise<string> {
    return (await pulumiSucceeds(sandbox, ["stack", "output", name, "-s", mode])).trim();
  }

  /** Runs the command, which must be refused with all this and change nothing. */
  async function isRefused(mode: string, says: readonly RegExp[]): Promise<void> {
    const before = await versionsOf(sandbox);
    assert.ok("ConfigMap/gpu-mode" in before && "Deployment/vllm-server" in before);
    const { code, output } = await tryUp(mode);
    assert.notEqual(code, 0, output);
    for (const said of says) assert.match(output, said);
    assert.match(output, new RegExp(`The GPU node cannot serve mode ${mode}; nothing was changed:`));
    assert.doesNotMatch(output, /\bat .*\.ts:\d+/, "a stack trace");
    assert.deepEqual(await versionsOf(sandbox), before);
  }

  /** Settings by which the server is the mode's node. */
  const gpuNode = (): Record<string, unknown> => ({
    ...(readModeFiles(projectRoot, "r1").values.gpuNode as object),
    ssh: { host: "127.0.0.1", port: server.port, user: server.user, hostKey: server.hostKeys.public },
  });

  async function setKey(mode: string): Promise<void> {
    const words = ["config", "set", "--secret", "vllm-platform:sshKey", "-s", mode, "--non-interactive"];
    const child = spawn("pulumi", words, {
      env: sandbox.environment(),
      stdio: ["pipe", "ignore", "inherit"],
    });
    child.stdin.end(server.userKeys.private);
    assert.deepEqual(await once(child, "exit"), [0, null]);
  }

  /** A line of the private key that stands nowhere else. */
  const keyLine = (): string => server.userKeys.private.split("\n")[2] ?? assert.fail("a key of one line");

  it("goes by what the cluster knows where no SSH is set, and says so in the outputs", async () => {
    assert.match(
      await outputOf("ml", "node"),
      /^k3s-gpu-worker, by what the cluster knows: 6 ok, 1 warning \(image\)$/,
    );
  });

  describe("by SSH, before a switch", () => {
    before(async () => {
      configure(sandbox, "r1", { gpuNode: gpuNode() });
      await setKey("r1");
    });

    const tool = (name: string, script: string) => () => server.tool(name, script);
    const smi = ({ text, status }: { text: string; status: number }) =>
      tool("nvidia-smi", prints(text, status));
    const insteadOfServer = (listen: (port: number) => Promise<Listener>) => async () => {
      await server.stop();
      listener = await listen(server.port);
    };
    const healthyKeys = { host: makeKeys(), user: "" };
    const broken: readonly Broken[] = [
      {
        about: "an enclosure that is not authorised",
        breaks: async () => {
          await server.tool("boltctl", prints(boltctlList("connected")));
          await removeCard(server);
          await smi(smiFailures.noDriver)();
        },
        says: [
          /Thunderbolt: enclosure Razer Core X is plugged in and not authorised\. Run `boltctl enroll --policy auto c4010000-/,
        ],
      },
      {
        about: "a GPU off the bus",
        breaks: async () => {
          await removeCard(server);
          await smi(smiFailures.noDevice)();
        },
        says: [/PCI: no NVIDIA card on the PCI bus\. Shut the node down, check the enclosure's power/],
      },
      {
        about: "a driver that is too old for the image, though Pulumi.yaml names another",
        breaks: () => healthyNode(server, { ...idleCard, driver: "470.256.02", cuda: "11.4" }),
        says: [
          /image: driver 470\.256\.02 \(CUDA 11\.4\) is too old for the image's CUDA 12\.4/,
          /Install driver 525\.60 or newer.*\(Pulumi\.r1\.yaml: image\.tag\)/,
        ],
      },
      {
        about: "a half-finished upgrade of the driver",
        breaks: smi(smiFailures.mismatch),
        says: [
          /NVIDIA driver: an upgrade is half done: the kernel has module 535\.274\.02, and the libraries are 535\.288\. Restart/,
        ],
      },
      {
        about: "no nvidia-smi",
        breaks: tool("nvidia-smi", "exit 127"),
        says: [/NVIDIA driver: there is no nvidia-smi on the node, so no driver\. Install the driver/],
      },
      {
        about: "garbage from nvidia-smi",
        breaks: tool("nvidia-smi", "head -c 3000 /dev/urandom"),
        says: [/NVIDIA driver: nvidia-smi gives an answer that is not understood/],
      },
      {
        about: "several faults at once",
        breaks: async () => {
          await smi(smiFailures.lost)();
          await writeFile(
            join(server.root, "var/lib/rancher/k3s/agent/etc/containerd/config.toml"),
            "version = 3\n",
          );
        },
        says: [
          /NVIDIA driver: the card has fallen off the bus/,
          /containerd: has no runtime nvidia\. K3s finds it/,
        ],
      },
      {
        about: "a key that the node does not accept",
        breaks: async () => {
          await writeFile(join(server.folder, "authorized_keys"), `${makeKeys().public}\n`);
        },
        says: [/SSH: 127\.0\.0\.1:\d+ does not accept key SHA256:\S+ for user \w+\. Append the public key/],
        mends: () => server.run(),
      },
      {
        about: "a changed host key",
        breaks: async () => {
          healthyKeys.host = server.hostKeys;
          server.hostKeys = makeKeys();
          await server.run();
        },
        says: [
          /SSH: 127\.0\.0\.1:\d+ shows host key SHA256:\S+ \(ssh-ed25519\), and SHA256:\S+ \(ssh-ed25519\) is pinned: it is not talked to/,
          /ssh-keygen -lf/,
        ],
        mends: () => {
          server.hostKeys = healthyKeys.host;
          return server.run();
        },
      },
      {
        about: "a refused connection",
        breaks: () => server.stop(),
        says: [/SSH: 127\.0\.0\.1:\d+ refuses the connection\. Start the SSH server/],
        mends: () => server.run(),
      },
      {
        about: "dropped packets",
        breaks: insteadOfServer(droppingListener),
        says: [/SSH: 127\.0\.0\.1:\d+ does not answer within 5 s\. Check gpuNode\.ssh\.host/],
        mends: () => server.run(),
      },
      {
        about: "a connection that is accepted and then silent",
        breaks: insteadOfServer(silentListener),
        says: [/SSH: 127\.0\.0\.1:\d+ accepts the connection and then says nothing for 5 s\./],
        mends: () => server.run(),
      },
    ];

    for (const { about, breaks, says, mends } of broken) {
      it(`refuses ${about}, and no object is touched, the claim included`, async () => {
        await breaks();
        try {
          await isRefused("r1", says);
        } finally {
          await listener?.close();
          listener = undefined;
          await mends?.();
          await healthyNode(server);
        }
      });
    }

    it("refuses a tool that hangs; meanwhile no process shows the key", async () => {
      await server.tool("nvidia-smi", "sleep 600");
      const seen = new Set<string>();
      const watching = setInterval(() => {
        for (const name of commandsOf(sandbox, keyLine())) seen.add(name);
      }, 100);
      try {
        await isRefused("r1", [/NVIDIA driver: nvidia-smi does not come back within 5 s\. Restart the node/]);
      } finally {
        clearInterval(watching);
        await healthyNode(server);
      }
      assert.ok(seen.has("node cluster/check-node.ts"), `looked at ${[...seen].join(", ")}`);
      assert.ok(![...seen].some((name) => name.startsWith("shows the key")), [...seen].join(", "));
    });

    it("ends gpu-mode as refused, with the reason; --force declares the mode, and says so", async () => {
      await server.tool("nvidia-smi", prints(smiFailures.mismatch.text, smiFailures.mismatch.status));
      const before = await versionsOf(sandbox);
      const { stderr } = await gpuModeEnds(sandbox, exitCodes.refused, "r1");
      assert.match(
        stderr,
        /^The GPU node cannot serve mode r1; nothing was changed:\n {2}NVIDIA driver: an upgrade is half done: .*\nRun the same command again once that is mended\. To declare the mode all the same: gpu-mode r1 --force/m,
      );
      assert.deepEqual(await versionsOf(sandbox), before);
      const forced = await gpuModeEnds(sandbox, 0, "r1", "--force");
      assert.match(
        forced.stdout,
        /GPU node, warning: declared all the same: NVIDIA driver: an upgrade is half done/,
      );
      assert.equal((await claimOf(sandbox)).mode, "r1");
      await up(sandbox, "ml");
      await healthyNode(server);
    });

    it("lets the very same command pass once all is mended, and shows its verdict in the outputs", async () => {
      assert.equal((await claimOf(sandbox)).mode, "ml");
      await up(sandbox, "r1");
      assert.equal((await claimOf(sandbox)).mode, "r1");
      assert.match(await outputOf("r1", "node"), /^k3s-gpu-worker, by SSH: \d+ ok, 1 warning \(image\)$/);
      await nothingDiffers(sandbox, "r1");
    });

    it("leaves the key nowhere in the sandbox in the clear: neither in state nor in logs", async () => {
      const exported = await pulumiSucceeds(sandbox, ["stack", "export", "-s", "r1"]);
      assert.match(exported, /vllm-node-check/);
      assert.doesNotMatch(exported, new RegExp(keyLine().slice(0, 40).replace(/[+/]/g, "\\$&")));
      assert.deepEqual(filesWith(sandbox.dir, keyLine()), []);
    });
  });

  describe("with its mode active", () => {
    it("asks again when the server changes, and not when something else does", async () => {
      await server.tool("nvidia-smi", prints(smiFailures.noDriver.text, smiFailures.noDriver.status));
      configure(sandbox, "r1", { access: { namespaces: ["apps"] } });
      await up(sandbox, "r1");
      configure(sandbox, "r1", { maxModelLen: 4096 });
      await isRefused("r1", [
        /NVIDIA driver: the card is there, and the driver's kernel module is not loaded/,
      ]);
      await healthyNode(server);
      await up(sandbox, "r1");
    });

    it("warns of a desktop that takes its share, and goes on", async () => {
      const card = { ...idleCard, usedMiB: 1203, drawing: [[1403, "/usr/lib/xorg/Xorg", 1200]] as const };
      await server.tool("nvidia-smi", smiScript(card));
      configure(sandbox, "r1", { maxModelLen: 4080 });
      await up(sandbox, "r1");
      assert.match(await outputOf("r1", "node"), /2 warnings \(image, memory\)$/);
      await healthyNode(server);
    });

    it("only warns of a node that is off; a switch to a mode that serves is refused, gaming is not", async () => {
      await sandbox.setGpuNodePower("off");
      configure(sandbox, "r1", { maxModelLen: 4064 });
      const output = await up(sandbox, "r1");
      assert.match(await outputOf("r1", "node"), /^k3s-gpu-worker, by SSH: 1 warning \(GPU node\)$/);
      assert.match(output, /warning: GPU node k3s-gpu-worker is off/);
      await isRefused("ml", [
        /GPU node: k3s-gpu-worker is off, or its kubelet does not report\. Switch it on/,
      ]);
      await server.stop();
      await up(sandbox, "gaming");
      await nothingDiffers(sandbox, "gaming");
    });
  });
});

/**
 * The commands of the sandbox's processes; those that show the text in their words or their environment are marked. Only Pulumi's
 * own PULUMI_CONFIG, in which it hands its program the whole configuration by its own design, does not count.
 */
function commandsOf(sandbox: Sandbox, text: string): string[] {
  return readdirSync("/proc").flatMap((id) => {
    if (!/^\d+$/.test(id) || Number(id) === process.pid) return [];
    try {
      const words = readFileSync(`/proc/${id}/cmdline`, "utf8");
      const environment = readFileSync(`/proc/${id}/environ`, "utf8");
      if (!environment.includes(sandbox.dir)) return [];
      const name = words
        .replaceAll("\0", " ")
        .trim()
        .replace(/^\S*\/node /, "node ");
      const variables = environment.split("\0").filter((one) => !one.startsWith("PULUMI_CONFIG="));
      const shows = [words, ...variables].some((one) => one.includes(text));
      return [shows ? `shows the key: ${name}` : name];
    } catch {
      return []; // it has ended
    }
  });
}

/** Files below a folder that hold the text. */
function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesWith(path, text);
    return entry.isFile() && readFileSync(path).includes(text) ? [path] : [];
  });
}
