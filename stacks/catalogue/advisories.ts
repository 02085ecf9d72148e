/** Published faults of vLLM by which somebody gets or stops more than they should, as far as they matter to a server like this one. */
import { isAtLeast, type Version } from "../vocabulary/version.ts";

/** What a fault is worth to whom. */
export type Danger =
  /** A client needs no key. */
  | "key"
  /** Whoever can change the model's repository runs code in the pod. */
  | "code of the model"
  /** Whoever may send a request may run code in the pod. */
  | "code of a request"
  /** One request ends the server, or makes it useless. */
  | "end";

export interface Advisory {
  /** Its CVE number. */
  id: string;
  danger: Danger;
  /** First release that has it. */
  from: string;
  /** First release that has it no more. */
  below: string;
  /** How, as the end of a sentence that begins with the version. */
  words: string;
  /** Whether files that are no pickles keep it away (`--load-format safetensors`). */
  onlyPickles?: boolean;
  /** Whether Traefik keeps such a request away, so that only pods can send it. */
  onlyInside?: boolean;
}

/** By the advisories of vLLM (github.com/vllm-project/vllm/security/advisories), newest first. */
export const advisories: readonly Advisory[] = [
  {
    id: "CVE-2026-48746",
    danger: "key",
    from: "0.3.0",
    below: "0.22.0",
    words: "asks no key of a request whose Host header holds a `/` or a `?`",
  },
  {
    id: "CVE-2026-34756",
    danger: "end",
    from: "0.1.0",
    below: "0.19.0",
    words: "runs out of memory over a request with a very large `n`",
  },
  {
    id: "CVE-2026-22807",
    danger: "code of the model",
    from: "0.10.1",
    below: "0.14.0",
    words: "runs code that the model's config.json names (`auto_map`), without `--trust-remote-code`",
  },
  {
    id: "CVE-2025-62164",
    danger: "code of a request",
    from: "0.10.2",
    below: "0.11.1",
    words: "unpacks tensors that a completion request brings (prompt embeddings) without checking them",
  },
  {
    id: "CVE-2025-48956",
    danger: "end",
    from: "0.1.0",
    below: "0.10.1.1",
    words: "runs out of memory over a very large header",
    onlyInside: true,
  },
  {
    id: "CVE-2025-48942",
    danger: "end",
    from: "0.8.0",
    below: "0.9.0",
    words: "ends over a request with a bad `guided_json`",
  },
  {
    id: "CVE-2025-48944",
    danger: "end",
    from: "0.8.0",
    below: "0.9.0",
    words: "ends over a request with a bad pattern or type in a tool",
  },
  {
    id: "CVE-2025-24357",
    danger: "code of the model",
    from: "0.1.0",
    below: "0.7.0",
    words: "runs code from weight files that are pickles (`.bin`, `.pt`)",
    onlyPickles: true,
  },
];

/** Those that a version has. */
export function advisoriesOf(version: Version): Advisory[] {
  return advisories.filter(({ from, below }) => isAtLeast(version, from) && !isAtLeast(version, below));
}

/** Why a key keeps nobody out who reaches the server past Traefik; undefined where it does. Traefik refuses such a header. */
export function keyFaultOf(version: Version): Advisory | undefined {
  return advisoriesOf(version).find(({ danger }) => danger === "key");
}
