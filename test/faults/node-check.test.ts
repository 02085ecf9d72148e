// Does NOT prove that a real node breaks like the scripted one, nor what NVIDIA's tools print in fact.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Sandbox } from "../../lab/sandbox/index.ts";
import { isRefused, keyLine, nodeSettings, setKey } from "../support/checked-node.ts";
import { configure } from "../support/configure.ts";
import { boltctlList, idleCard, smiFailures } from "../support/node-outputs.ts";
import { up } from "../support/pulumi.ts";
import { startedSandbox } from "../support/sandbox.ts";
import { healthyNode, prints, removeCard } from "../support/scripted-node.ts";
import {
  droppingListener,
  type KeyPair,
  type Listener,
  makeKeys,
  SshServer,
  silentListener,
} from "../support/ssh-server.ts";

/** A fault of the node or of the way to it, and what the refusal must say of it. */
interface Broken {
  readonly about: string;
  readonly breaks: () => Promise<unknown>;
  readonly says: readonly RegExp[];
  /** What the listener in the server's place needs; the node's own files are made anew in any case. */
  readonly fixes?: () => Promise<unknown>;
}

describe("the check of a GPU node that is broken", function () {
  this.timeout(180_000);
  let sandbox: Sandbox;
  let server: SshServer;
  let listener: Listener | undefined;

  before(async function () {
    server = await SshServer.startOrSkip(this);
    await healthyNode(server);
    sandbox = await startedSandbox();
    await up(sandbox, "ml");
    configure(sandbox, "r1", { gpuNode: nodeSettings(server, "r1") });
    await setKey(sandbox, server, "r1");
  });

  after(() => Promise.all([sandbox?.remove(), server?.remove()]));

  const tool = (name: string, script: string) => () => server.tool(name, script);
  const smi = ({ text, status }: { text: string; status: number }) =>
    tool("nvidia-smi", prints(text, status));
  const insteadOfServer = (listen: (port: number) => Promise<Listener>) => async () => {
    await server.stop();
    listener = await listen(server.port);
  };
  let pinned: KeyPair;
  const broken: readonly Broken[] = [
    {
      about: "an enclosure that is not authorised",
      breaks: async () => {
        await server.tool("boltctl", prints(boltctlList("connected")));
        await removeCard(server);
        await smi(smiFailures.noDriver)();
      },
      says: [
        /Thunderbolt: enclosure Razer Core X is plugged in and not authorised\. If Razer Core X is yours, and only then, run `boltctl enroll --policy auto c4010000-/,
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
      fixes: () => server.run(),
    },
    {
      about: "a changed host key",
      breaks: async () => {
        pinned = server.hostKeys;
        server.hostKeys = makeKeys();
        await server.run();
      },
      says: [
        /SSH: 127\.0\.0\.1:\d+ shows host key ssh-ed25519 SHA256:\S+, and ssh-ed25519 SHA256:\S+ is pinned: it is not talked to/,
        /ssh-keygen -lf/,
      ],
      fixes: () => {
        server.hostKeys = pinned;
        return server.run();
      },
    },
    {
      about: "a refused connection",
      breaks: () => server.stop(),
      says: [/SSH: 127\.0\.0\.1:\d+ refuses the connection\. Start the SSH server/],
      fixes: () => server.run(),
    },
    {
      about: "dropped packets",
      breaks: insteadOfServer(droppingListener),
      says: [/SSH: 127\.0\.0\.1:\d+ does not answer within 5 s\. Check gpuNode\.ssh\.host/],
      fixes: () => server.run(),
    },
    {
      about: "a connection that is accepted and then silent",
      breaks: insteadOfServer(silentListener),
      says: [/SSH: 127\.0\.0\.1:\d+ accepts the connection and then says nothing\./],
      fixes: () => server.run(),
    },
  ];

  for (const { about, breaks, says, fixes } of broken) {
    it(`refuses ${about}, and no object is touched, the claim included`, async () => {
      await breaks();
      try {
        await isRefused(sandbox, "r1", says);
      } finally {
        await listener?.close();
        listener = undefined;
        await fixes?.();
        await healthyNode(server);
      }
    });
  }

  it("refuses a tool that hangs; meanwhile no process shows the key", async () => {
    await server.tool("nvidia-smi", "sleep 600");
    const seen = new Set<string>();
    const watching = setInterval(() => {
      for (const name of commandsOf(sandbox, keyLine(server))) seen.add(name);
    }, 100);
    try {
      await isRefused(sandbox, "r1", [
        /NVIDIA driver: nvidia-smi does not come back within 5 s\. Restart the node/,
      ]);
    } finally {
      clearInterval(watching);
      await healthyNode(server);
    }
    for (const name of ["node cluster/programs/check-node.ts", "ssh -F config -E node.log node sh -s"]) {
      assert.ok(seen.has(name), `looked at ${[...seen].join(", ")}`);
    }
    assert.ok(![...seen].some((name) => name.startsWith("shows the key")), [...seen].join(", "));
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
