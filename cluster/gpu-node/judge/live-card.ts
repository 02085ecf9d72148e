/** The gates asked about the card and the driver as they are, and where that is not what Pulumi.yaml says. Pure. */
import { roomText } from "../../../stacks/gates/index.ts";
import { askDriver, askMemory, type GateSettings } from "../../../stacks/resolve/ask-gates.ts";
import { knownServer, resolve } from "../../../stacks/resolve/index.ts";
import { projectFile } from "../../../stacks/vocabulary/file-names.ts";
import type { Fault } from "../../../system/errors.ts";
import type { Finding } from "../../findings/finding.ts";
import type { Driver, Known } from "../facts/facts.ts";
import type { NodeSubject } from "./subject.ts";

export interface LiveCard {
  driver: Known<Driver>;
  card: Known<{ name: string; memoryMiB?: number; usableGiB?: number; computeCapability?: number }>;
  /** What others than the platform's pods hold on the card, in MiB. */
  heldMiB: Known<number>;
  /** Who that is, each in a few words; as far as it is known. */
  heldBy: readonly string[];
  toolkit: { version?: string; mode?: "legacy" | "cdi" };
}

type NodeSettings = GateSettings["gpuNode"];

/** Memory that moves by itself on an idle card, in MiB: the driver's own. */
const noiseMiB = 64;

/** Driver, card, container toolkit, and what the gates say of the mode with them. */
export function judgeLiveCard(subject: NodeSubject, live: LiveCard): Finding[] {
  const { gpuNode } = subject.settings;
  const actual = withLive(gpuNode, live);
  return [
    known("NVIDIA driver", live.driver, ({ version, cuda }) =>
      compare(`${version}${cuda === undefined ? "" : `, CUDA ${cuda}`}`, [
        ["driver.version", gpuNode.driver.version, version],
        ["driver.cuda", gpuNode.driver.cuda, cuda],
      ]),
    ),
    known("card", live.card, ({ name, memoryMiB, usableGiB, computeCapability }) =>
      memoryMiB === undefined
        ? memoryNotTold(name)
        : compare(`${name}, ${memoryMiB} MiB`, [
            // Labels hold no blanks, so a name made of one may have them where the card has dashes.
            ["card.name", gpuNode.card.name, sameName(gpuNode.card.name, name) ? gpuNode.card.name : name],
            ["card.memoryMiB", gpuNode.card.memoryMiB, memoryMiB],
            ["card.usableGiB", gpuNode.card.usableGiB, nearly(gpuNode.card.usableGiB, usableGiB)],
            ["card.computeCapability", gpuNode.card.computeCapability, computeCapability],
          ]),
    ),
    ...(subject.serves
      ? [...imageFinding(subject, actual, live), ...memoryFinding(subject, actual, live)]
      : []),
  ];
}

function memoryNotTold(name: string): Omit<Finding, "item"> {
  return {
    state: "warning",
    found: `${name}, whose memory nvidia-smi does not tell, as on boards that share it with the processor; gpuNode.card.memoryMiB counts`,
    fix: "Set gpuNode.card.memoryMiB to what the server may have of it",
  };
}

/** The live number, or the written one where they differ by less than either was rounded. */
function nearly(written: number | undefined, live: number | undefined): number | undefined {
  return written !== undefined && live !== undefined && Math.abs(written - live) <= 0.02 ? written : live;
}

/** The settings of the node with what was seen in place of what was written down. */
function withLive(gpuNode: NodeSettings, { driver, card, heldMiB, toolkit }: LiveCard): NodeSettings {
  const written = gpuNode.card;
  const found = card.value;
  const { usableGiB, ...rest } = written;
  // What was measured on one card says nothing of another.
  const same = found?.memoryMiB === undefined || found.memoryMiB === written.memoryMiB;
  return {
    ...gpuNode,
    driver: driver.value === undefined ? gpuNode.driver : { ...gpuNode.driver, ...withoutCuda(driver.value) },
    card: {
      ...rest,
      ...(same && usableGiB !== undefined ? { usableGiB } : {}),
      ...found,
      // What was written down stays reserved, though it may not be in use just now.
      desktopMiB: Math.max(written.desktopMiB, heldMiB.value ?? 0),
    },
    toolkit: { ...gpuNode.toolkit, ...toolkit },
  };
}

/** A driver that does not tell its CUDA has that of its branch, not that of the driver that was written down. */
function withoutCuda({ version, cuda }: Driver): Pick<NodeSettings["driver"], "version" | "cuda"> {
  return { version, cuda };
}

function imageFinding(subject: NodeSubject, gpuNode: NodeSettings, { driver }: LiveCard): Finding[] {
  if (driver.value === undefined) {
    return [{ item: "image", state: "unknown", found: "not to be told without the driver's version" }];
  }
  const { image } = subject.settings;
  const { verdict, faults, warnings } = askDriver({ image, gpuNode }, subject.file);
  return gateFindings("image", faults, warnings, verdict.reason);
}

function memoryFinding(subject: NodeSubject, gpuNode: NodeSettings, live: LiveCard): Finding[] {
  const item = "memory";
  const unknown = (found: string): Finding[] => [{ item, state: "unknown", found }];
  if (live.card.value === undefined) {
    return unknown("not to be told without the card's memory");
  }
  const server = knownServer(resolve(subject.settings));
  if (server === undefined) {
    return unknown("the model's numbers are not known");
  }
  const { verdict, faults, warnings } = askMemory({ ...subject.settings, gpuNode }, server, subject.file);
  const room = roomText(verdict);
  const held = live.heldMiB.value ?? 0;
  const planned = subject.settings.gpuNode.card.desktopMiB;
  if (held <= planned + noiseMiB) {
    return gateFindings(item, faults, warnings, room);
  }
  const programs = live.heldBy.length === 0 ? "" : ` (${live.heldBy.join(", ")})`;
  const holding = `a desktop or other programs${programs} hold ${held} MiB of the card, and ${projectFile} counts on ${planned}`;
  const close = "Close them";
  return faults.length > 0
    ? faults.map(({ problem, fix }) => ({
        item,
        state: "fault",
        found: `${holding}: ${problem}`,
        fix: `${close}. Otherwise: ${fix}`,
      }))
    : [
        {
          item,
          state: "warning",
          found: `${holding}; it still fits, with ${room}`,
          fix: `${close}, or write \`desktopMiB: ${held}\` into gpuNode.card`,
        },
      ];
}

/** What a gate says, as rows: each fault and each warning, or one that it is in order. */
function gateFindings(
  item: string,
  faults: readonly Fault[],
  warnings: readonly string[],
  found: string,
): Finding[] {
  if (faults.length > 0) {
    return faults.map(({ problem, fix, where, key }) => ({
      item,
      state: "fault",
      found: problem,
      fix: `${fix} (${where}${key === undefined ? "" : `: ${key}`})`,
    }));
  }
  return warnings.length > 0
    ? warnings.map((warning) => ({ item, state: "warning", found: warning }))
    : [{ item, state: "ok", found }];
}

function known<Value>(
  item: string,
  fact: Known<Value>,
  judge: (value: Value) => Omit<Finding, "item">,
): Finding {
  return fact.value === undefined
    ? { item, state: "unknown", found: fact.why ?? "" }
    : { item, ...judge(fact.value) };
}

/** Names every value that Pulumi.yaml has otherwise: the gates of a preview go by those. */
function compare(
  found: string,
  values: readonly (readonly [key: string, written: unknown, live: unknown])[],
): Omit<Finding, "item"> {
  const other = values.filter(
    ([, written, live]) => written !== undefined && live !== undefined && String(written) !== String(live),
  );
  if (other.length === 0) {
    return { state: "ok", found };
  }
  const written = other.map(([key, value]) => `gpuNode.${key} ${String(value)}`).join(", ");
  return {
    state: "warning",
    found: `${found}, and ${projectFile} says ${written}; what was found counts here, what is written in a preview`,
    fix: `Write ${other.map(([key, , live]) => `gpuNode.${key}: ${String(live)}`).join(", ")}`,
  };
}

function sameName(one: string, other: string): boolean {
  return one.replaceAll("-", " ") === other.replaceAll("-", " ");
}
