/** What `nvidia-smi` says, in the forms that its generations have. */
import { oneLine } from "../../../system/terminal/foreign-text.ts";
import type { Section } from "./answer.ts";
import type { Gpu, GpuProcess, Known, NodeFacts, SmiAnswer, SmiProblem } from "./facts.ts";

/** Texts by which it fails, as NVIDIA words them. */
const problems: readonly [RegExp, SmiProblem][] = [
  [/version mismatch/i, "mismatch"],
  [/couldn't communicate with the NVIDIA driver|Driver Not Loaded/i, "no-driver"],
  [/GPU is lost|fallen off the bus|Unable to determine the device handle|Unknown Error/i, "lost"],
  [/No devices were found|no devices/i, "no-device"],
];

/** `--query-gpu=name,driver_version,memory.total,memory.used,persistence_mode,pci.bus_id`, without units: a line a card. */
export function readGpus(section: Section | undefined): SmiAnswer {
  if (section === undefined) {
    return { problem: "hangs", text: "it did not come back" };
  }
  const { status } = section;
  const text = section.text.trim();
  if (status === 124 || status === 137) {
    return { problem: "hangs", text: "it did not come back" };
  }
  if (status === 126 || status === 127) {
    return { problem: "missing", text };
  }
  const cards = cardsOf(text);
  const [, problem] = problems.find(([pattern]) => pattern.test(text)) ?? [];
  if (problem !== undefined && cards.length === 0) {
    return { problem, text: oneLine(text) };
  }
  return status === 0 && cards.some(({ state }) => state === undefined)
    ? {
        driver: cards[0]?.driver ?? "",
        gpus: cards.filter(({ state }) => state === undefined).map(({ gpu }) => gpu),
      }
    : {
        problem: cards[0]?.state ?? "other",
        text: oneLine(text) || `exit status ${status}, and no output`,
      };
}

interface Line {
  driver: string;
  gpu: Gpu;
  /** What is wrong with the card, where its own line says so. */
  state: "reset" | "lost" | undefined;
}

/** A line a card; no line where it tells of none. */
function cardsOf(text: string): Line[] {
  return text.split("\n").flatMap((line, index): Line[] => {
    const [name = "", driver = "", total = "", used = "", persistence = ""] = line
      .split(",")
      .map((field) => field.trim());
    return name !== "" && /^\d+\.\d+(\.\d+)?$/.test(driver) && (isMebibytes(total) || /^\[.+\]$/.test(total))
      ? [
          {
            driver,
            gpu: {
              line: index,
              name,
              ...(isMebibytes(total) ? { totalMiB: Number(total) } : {}),
              ...(isMebibytes(used) ? { usedMiB: Number(used) } : {}),
              ...(/^(Enabled|Disabled)$/.test(persistence) ? { persistence: persistence === "Enabled" } : {}),
            },
            state: /requires reset/i.test(total)
              ? "reset"
              : /Unknown Error/i.test(total)
                ? "lost"
                : undefined,
          },
        ]
      : [];
  });
}

/** The card that the settings name; the only one, where they name another. Undefined where several are there, and none is it. */
export function chosenCard(gpus: readonly Gpu[], name: string): Gpu | undefined {
  return gpus.find((gpu) => gpu.name === name) ?? (gpus.length === 1 ? gpus[0] : undefined);
}

function isMebibytes(text: string): boolean {
  return /^\d{1,8}$/.test(text);
}

/** `--query-gpu=compute_cap`; drivers before 495 do not know the word. */
export function readCapability(section: Section | undefined): NodeFacts["capability"] {
  return readNumbers(section, /^\d{1,2}\.\d$/, "the compute capability");
}

/** `--query-gpu=memory.reserved`, in MiB; drivers before 510 do not know the word. */
export function readReserved(section: Section | undefined): NodeFacts["reserved"] {
  return readNumbers(section, /^\d{1,6}$/, "what the driver reserves");
}

/** A number a line; a line that is none keeps its place, as the lines stand for the cards. */
function readNumbers(
  section: Section | undefined,
  shape: RegExp,
  what: string,
): Known<(number | undefined)[]> {
  const lines = section?.status === 0 ? section.text.trim().split("\n") : [];
  const numbers = lines.map((line) => (shape.test(line.trim()) ? Number(line.trim()) : undefined));
  return numbers.some((number) => number !== undefined)
    ? { value: numbers }
    : { why: `nvidia-smi does not tell ${what}` };
}

/** The table's head: `Driver Version: 535.274.02   CUDA Version: 12.2`; the newest drivers say `CUDA UMD Version`. */
export function readCuda(section: Section | undefined): Known<string> {
  const [, cuda] = /CUDA (?:UMD )?Version:\s*(\d{1,3}\.\d{1,3})\b/.exec(section?.text ?? "") ?? [];
  return cuda === undefined ? { why: "nvidia-smi does not tell the CUDA version" } : { value: cuda };
}

/**
 * What holds memory of the card: computing processes by the query, with the place that the program added
 * (`1403,pod, 9000, python3`), and drawing ones by the table, which alone shows them.
 */
export function readProcesses(query: Section | undefined, table: Section | undefined): Known<GpuProcess[]> {
  if (query?.status !== 0 || table?.status !== 0) {
    return { why: "nvidia-smi does not list processes" };
  }
  const computing = query.text.split("\n").flatMap((line): GpuProcess[] => {
    const [, pid, place, used, name] = /^(\d{1,9}),(pod|host|unknown),\s*([^,]*),\s*(.*)$/.exec(line) ?? [];
    return pid === undefined || name === undefined
      ? []
      : [{ ...sized(used), pid: Number(pid), name: oneLine(name), kind: "C", place: placeOf(place) }];
  });
  const drawing = table.text.split("\n").flatMap(drawingOf);
  const known = new Set(computing.map(({ pid }) => pid));
  return { value: [...computing, ...drawing.filter(({ pid }) => !known.has(pid))] };
}

/**
 * `|    0   N/A  N/A      1403      G   /usr/lib/xorg/Xorg                  120MiB |`, on older drivers without the two of MIG.
 * Word by word, as one pattern for all of it takes hours for a line of blanks.
 */
function drawingOf(line: string): GpuProcess[] {
  const [open, gpu = "", ...words] = line.trim().split(/\s+/);
  const at = words[1] === "G" || words[1] === "C+G" ? 1 : 3;
  const [pid = "", kind] = words.slice(at - 1, at + 1);
  const [close, memory = "", ...name] = words.slice(at + 1).reverse();
  const [, used] = /^(\d*)(?:MiB|N\/A)$/.exec(memory) ?? [];
  const isRow = open === "|" && close === "|" && /^\d+$/.test(gpu) && /^\d{1,9}$/.test(pid);
  return isRow && (kind === "G" || kind === "C+G") && used !== undefined && name.length > 0
    ? [{ ...sized(used), pid: Number(pid), name: oneLine(name.reverse().join(" ")), kind, place: "host" }]
    : [];
}

function sized(used: string | undefined): Pick<GpuProcess, "usedMiB"> {
  return isMebibytes(used?.trim() ?? "") ? { usedMiB: Number(used) } : {};
}

function placeOf(text: string | undefined): GpuProcess["place"] {
  return text === "pod" || text === "host" ? text : "unknown";
}
