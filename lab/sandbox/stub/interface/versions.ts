/** What a version of vLLM does differently from those before it, as far as a client notices. */
import { type ImageFacts, imageFacts } from "../../../../stacks/catalogue/images.ts";
import { releases, tagOf } from "../../../../stacks/catalogue/releases.ts";
import { isAtLeast, parseVersion } from "../../../../stacks/vocabulary/version.ts";

/** Of an image whose tag names no version; it is taken for the newest. */
export const unknownVersion = "0.0.0";

/**
 * The first release that does it. Read in the sources of that release and of the one before; 0.8.5.post1 and 0.32.0 were run,
 * too (`lab/real-vllm/`).
 */
const since = {
  /** Refuses a body that is not said to be JSON by 400 and not by 415. */
  "refuses other media by 400": "0.9.0",
  /** Its type of a body that cannot be read is `Bad Request` and not `BadRequestError`. */
  "calls a malformed body Bad Request": "0.9.0",
  /** Takes a `top_k` of 0 for none, as well as -1. */
  "disables top_k by 0": "0.9.0",
  "has /v1/responses": "0.10.0",
  /** A message has the fields of the newer interface (`refusal`, `annotations` …), all null. */
  "fills in newer fields": "0.10.0",
  /** Fields of an error lie in `error` and not at the top. */
  "nests errors": "0.10.1",
  /** An answer's `model` is the first served name and not the one that was asked for. */
  "answers by its first name": "0.10.2",
  /** Takes `bearer` as well as `Bearer`. */
  "takes bearer in any case": "0.11.0",
  /** A tool that is asked for by name, or any that is required, needs `--tool-call-parser`. */
  "needs a parser for any tool": "0.14.0",
  "has /v1/messages": "0.11.1",
  /** Serves /v1/embeddings only with a model for it; before, it answered 200 with an error in the body. */
  "has embeddings only where served": "0.12.0",
  /** Names the field at fault in `param`, and at the end of the message. */
  "names the parameter": "0.14.0",
  /** Has other words for a request that does not fit the context. */
  "compares with max_model_len": "0.18.0",
  /** Before, a `max_completion_tokens` of 0 was taken for none. */
  "refuses max_completion_tokens of 0": "0.20.0",
  "refuses empty tools": "0.20.0",
  /** Leaves out of a streamed completion what is not set; before, each part had `"usage": null`. */
  "leaves out an unset usage": "0.21.0",
  /** Takes a completion's `max_tokens` of null for its default, 16; before, for as many as the context holds. */
  "defaults a null max_tokens": "0.24.0",
  "bounds the temperature": "0.24.0",
  /** Leaves out `tool_calls` where a message has none; before, it was an empty list. */
  "leaves out empty tool_calls": "0.24.0",
  /** Lists what is malformed a line each, and does not quote the body. */
  "lists what is malformed": "0.26.0",
  /** Generates what still fits where prompt and wanted tokens together do not; before, it refused. */
  "clamps to the context": "0.32.0",
  /** Lets no page of another origin ask unless `--allowed-origins` does. */
  "is closed to other origins": "0.32.0",
  /** Names in a 404 what would have been served. */
  "lists the served names": "0.32.0",
} as const;

export type Trait = keyof typeof since;

/** Whether this version does it. */
export function does(version: string, trait: Trait): boolean {
  const parsed = version === unknownVersion ? undefined : parseVersion(version);
  return parsed === undefined || isAtLeast(parsed, since[trait]);
}

/** What the catalogue knows of the version: the names of its metrics and of the field for the chain of thought. */
export function namesOf(version: string): Pick<ImageFacts, "metrics" | "reasoningField"> {
  const facts = (one: string) => imageFacts({ repository: "vllm/vllm-openai", tag: tagOf(one) });
  const known = facts(version) ?? facts(releases[0] ?? "");
  if (known === undefined) throw new Error("the catalogue of images knows not even its own newest release");
  return known;
}
