/**
 * YAML that every reader takes for the same. Pulumi reads the files by YAML 1.1 in most respects, editors and this program by
 * 1.2; what the two read differently is refused, so that a plan is made of what the engine declares.
 */
import {
  type Document,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
} from "yaml";
import type { Fault } from "../../system/errors.ts";
import { yamlFault } from "../../system/yaml-fault.ts";

export interface Read {
  /** What the text says; null where it is empty or has faults. */
  content: unknown;
  faults: Fault[];
}

/** Reads a text. @param file named in the faults */
export function readYaml(text: string, file: string): Read {
  const fault = (problem: string, fix: string): Fault => ({ where: file, problem, fix });
  if (/[\uFFFD\0]/.test(text)) {
    return { content: null, faults: [fault("is not UTF-8 text", "Save it as UTF-8")] };
  }
  if (/\r(?!\n)/.test(text)) {
    const problem = "has a line that ends in a carriage return alone";
    return { content: null, faults: [fault(problem, "Save it with the line ends of Linux (LF)")] };
  }
  try {
    const lines = new LineCounter();
    const document = parseDocument(text, { logLevel: "error", lineCounter: lines });
    const wrong = document.errors.map((error) =>
      fault(
        `is not valid YAML: ${yamlFault(error)}`,
        /multiple documents/.test(error.message) ? "Keep one, without a line `---`" : "Correct that line",
      ),
    );
    const faults = wrong.length > 0 ? wrong : doubts(document, lines, file);
    const content: unknown = faults.length > 0 ? null : (document.toJS() ?? null);
    JSON.stringify(content); // the engine hands groups over as JSON, so one that holds itself cannot be a setting
    return { content, faults };
  } catch (error) {
    // Aliases that lead nowhere, and files nested too deep, are only found when the document is put together.
    return { content: null, faults: [fault(`is not usable YAML: ${yamlFault(error)}`, "Correct that line")] };
  }
}

/** What is read in two ways, with its line. */
function doubts(document: Document.Parsed, lines: LineCounter, file: string): Fault[] {
  const faults: Fault[] = [];
  const add = ({ range }: Pick<Node, "range">, problem: string, fix: string, found?: string): void => {
    const { line } = lines.linePos(range?.[0] ?? 0);
    faults.push({
      where: `${file}, line ${line}`,
      ...(found === undefined ? {} : { found }),
      problem,
      fix,
    });
  };
  if (document.directives.yaml.explicit) {
    add(document, "names a version of YAML, which Pulumi does not go by", "Remove the line `%YAML`");
  }
  const addTag = (node: Node & { tag?: string }): void => {
    if (node.tag !== undefined && !plainTags.has(node.tag)) {
      add(node, `has the tag ${node.tag}, which is not read alike everywhere`, "Remove the tag");
    }
  };
  visit(document, {
    Pair(_, pair) {
      if (isPair(pair) && isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN") {
        add(pair.key, "merges another group, which is not read alike everywhere", "Write its values here");
      }
    },
    Collection: (_, collection) => addTag(collection),
    Scalar(_, scalar) {
      addTag(scalar);
      const doubt = doubtOf(scalar);
      if (doubt !== undefined) {
        add(scalar, doubt.problem, doubt.fix, scalar.source);
      }
    },
  });
  return faults;
}

const plainTags = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

/** What Pulumi reads otherwise than YAML 1.2 has it, where there are no quotes around it. */
function doubtOf({ source, type }: Scalar): { problem: string; fix: string } | undefined {
  if (type !== "PLAIN" || source === undefined) {
    return undefined;
  }
  if (/^[-+]?\.(inf|nan)$/i.test(source) || isBeyondNumbers(source)) {
    return { problem: "is no number that Pulumi can hand over", fix: "Write a number" };
  }
  if (/^\d{4}-\d\d?-\d\d?([Tt ]|$)/.test(source)) {
    return { problem: "is a date to Pulumi", fix: `Write it in quotes: "${source}"` };
  }
  const number = pulumiNumber(source);
  return number === undefined
    ? undefined
    : { problem: `is the number ${number} to Pulumi`, fix: `Write ${number}, or "${source}" in quotes` };
}

/** `1e999`. */
function isBeyondNumbers(source: string): boolean {
  return /^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(source) && Math.abs(Number(source)) === Number.POSITIVE_INFINITY;
}

/** The number that only YAML 1.1 sees: blanks as `_`, octal digits behind a 0, binary digits, a sign before a prefix. */
function pulumiNumber(source: string): number | undefined {
  const text = source.replaceAll("_", "");
  const [, sign = "", prefix = "", digits = ""] = /^([-+]?)(0[xob]?)?([\da-f]*)$/i.exec(text) ?? [];
  const isOctal = prefix === "0" && /^[0-7]+$/.test(digits);
  const value = Number(isOctal ? `0o${digits}` : text.replace(/^[-+]/, ""));
  const isNew = isOctal || /^0b/i.test(prefix) || (sign !== "" && /^0[xo]/i.test(prefix));
  return /^[-+]?[\d.]/.test(source) && (isNew || text !== source) && text !== "" && !Number.isNaN(value)
    ? value * (sign === "-" ? -1 : 1)
    : undefined;
}
