/** A mode's report with what Pulumi said. Pure. */
import type { PreviewStep } from "../../engine/preview.ts";
import { names } from "../../stacks/vocabulary/names.ts";
import type { EngineAnswer } from "./ask-engine.ts";
import type { ModeReport } from "./verdict.ts";

export function withEngine(report: ModeReport, answer: EngineAnswer | undefined): ModeReport {
  if (answer === undefined || answer.state === "not asked") {
    return answer === undefined ? report : { ...report, engine: answer };
  }
  const whole = { ...report, engine: answer };
  if (answer.state !== "previewed") {
    const [first] = answer.problems;
    const refusal = answer.problems.map(({ object, words }) => told(object, words)).join("\n");
    const sentence = lastless(told(first?.object, first?.words.split("\n")[0] ?? ""));
    return answer.state === "refused"
      ? { ...whole, verdict: "refused", sentence, refusal }
      : { ...whole, verdict: "error", sentence: `Pulumi could not tell: ${sentence}`, refusal };
  }
  const facts = factsOf(report, answer.steps, answer.on === undefined);
  const verdict = report.verdict === "unchanged" && answer.steps.length > 0 ? "changed" : report.verdict;
  const touches = answer.steps.some(isPlatformObject);
  const sentences = report.verdict === verdict ? [report.sentence] : touches ? [] : ["no object changes"];
  return { ...whole, verdict, sentence: [...sentences, ...facts].join("; ") };
}

const told = (object: string | undefined, words: string): string =>
  object === undefined ? words : `the API server refuses ${object}: ${words}`;

const lastless = (text: string): string => text.trim().replace(/\.$/, "");

/**
 * What the manifests' comparison does not say yet.
 * @param compares whether the preview stands on the base's whole state
 */
function factsOf(report: ModeReport, steps: readonly PreviewStep[], compares: boolean): string[] {
  const objects = steps.filter(isPlatformObject);
  const known = new Set(report.objects.map(({ object }) => object));
  const replaced = objects.filter(({ change }) => change === "replace");
  const unexpected = objects.filter(({ resource, change }) => !known.has(resource) && change !== "replace");
  const untouched = report.objects.filter(
    ({ object }) => !objects.some(({ resource }) => resource === object),
  );
  const asked = steps.filter(({ isObject }) => !isObject).map(({ resource }) => resource);
  return [
    ...(steps.some(({ restartsPods }) => restartsPods) && !report.sentence.includes(restart) && compares
      ? [restart]
      : []),
    ...replaced.map(
      ({ resource, replacedFor }) =>
        `${resource} is replaced${replacedFor.length === 0 ? "" : ` for ${replacedFor.join(", ")}`}`,
    ),
    ...(compares ? unexpected.map(({ resource, change }) => `Pulumi would ${change} ${resource}`) : []),
    ...(compares && untouched.length > 0
      ? [`Pulumi leaves ${untouched.map(({ object }) => object).join(", ")} as it is`]
      : []),
    ...(report.verdict === "unchanged" && asked.length > 0 ? [`Pulumi runs again: ${asked.join(", ")}`] : []),
  ];
}

/** The claim is the platform's own bookkeeping. */
const isPlatformObject = ({ isObject, resource }: PreviewStep): boolean =>
  isObject && resource !== `ConfigMap/${names.claim}`;

const restart = "the pod restarts";
