/** What `nvidia-smi` says, in the forms that its generations have. */
import { oneLine } from "../../../system/terminal/foreign-text.ts";
import type { Section } from "./answer.ts";
import type { GpuProcess, Known, SmiAnswer, SmiProblem } from "./facts.ts";

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
  const [, problem] = problems.find(([pattern]) => pattern.test(text)) ?? [];
  if (problem !== undefined) {
    return { problem, text: oneLine(text) };
  }
  const rows = text.split("\n").map((line) => line.split(",").map((field) => field.trim()));
  const cards = rows.flatMap(([name = "", driver = "", total = "", used = "", persistence = ""]) =>
    name !== "" && /^\d+\.\d+(\.\d+)?$/.test(driver) && isMebibytes(total)
      ? [
          {
            driver,
            gpu: {
              name,
              totalMiB: Number(total),
              ...(isMebibytes(used) ? { usedMiB: Number(used) } : {}),
              ...(/^(Enabled|Disabled)$/.test(persistence) ? { persistence: persistence === "Enabled" } : {}),
            },
          },
        ]
      : [],
  );
  const [first] = cards;
  return status === 0 && first !== undefined
    ? { driver: first.driver, gpus: cards.map(({ gpu }) => gpu) }
    : { problem: "other", text: oneLine(text) || `exit status ${status}, and no output` };
}

function isMebibytes(text: string): boolean {
  return /^\d{1,8}$/.test(text);
}

/** `--query-gpu=compute_cap`; drivers before 495 do not know the word. */
export function readCapability(section: Section | undefined): Known<number> {
  const [, number] = /^(\d{1,2}\.\d)\s*$/m.exec(section?.status === 0 ? section.text : "") ?? [];
  return number === undefined
    ? { why: "nvidia-smi does not tell the compute capability" }
    : { value: Number(number) };
}

/** The table's head: `Driver Version: 535.274.02   CUDA Version: 12.2`. */
export function readCuda(section: Section | undefined): Known<string> {
  const [, cuda] = /CUDA Version:\s*(\d{1,3}\.\d{1,3})\b/.exec(section?.text ?? "") ?? [];
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
