// What of all that runs in the pod may be another thing tomorrow under the same name.
import type { Model } from "../catalogue/models.ts";
import type { Settings } from "../settings/index.ts";

/** What is not pinned, each with the setting that pins it. */
export function unpinned(
  { image, revision, tokenizerRevision }: Pick<Settings, "image" | "revision" | "tokenizerRevision">,
  { tokenizer }: Model,
): string[] {
  return [
    ...(image.digest === undefined ? ["the image (image.digest)"] : []),
    ...(revision === undefined ? ["the model (revision)"] : []),
    ...(tokenizer !== undefined && tokenizerRevision === undefined
      ? ["its tokenizer (tokenizerRevision)"]
      : []),
  ];
}
