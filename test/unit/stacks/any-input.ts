// Any input, and what it may end in.
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { describePlan, RefusedError } from "../../../stacks/index.ts";
import { type Described, describedAt } from "../../../stacks/settings/described.ts";
import { settingsSchema } from "../../../stacks/settings/index.ts";
import { type planTexts, servedModel } from "./support.ts";

/** Names of settings at any depth, and a few that are none. */
const knownNames = (function names({ properties = {} }: Described): string[] {
  return Object.entries(properties).flatMap(([name, setting]) => [name, ...names(setting)]);
})(describedAt([]) ?? {});

export const name = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...Object.keys(settingsSchema.shape)) },
  { weight: 2, arbitrary: fc.constantFrom(...knownNames) },
  fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "secure", "value", ""),
  fc.string(),
);

/** Values as files hold them: plain ones that come close to what is allowed, groups of known names, and anything. */
export const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom<unknown>(
      true,
      "true",
      0,
      1,
      8192,
      "8192",
      -1,
      1e21,
      Number.NaN,
      null,
      "",
      "1Gi",
      "500m",
      "2h",
      servedModel,
      "latest",
      "v0.9.0",
      "--api-key",
      "--max_model_len=1",
      "{",
      "[1",
      '{"host":1}',
    ),
    fc.jsonValue(),
    fc.string(),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 5 }),
  ),
}));

export const values = fc.dictionary(name, value, { maxKeys: 6 });

/** A file with these settings, some of them rather beside the point. */
export function fileOf(settings: Record<string, unknown>, wrapped: boolean): string {
  const config = Object.entries(settings).map(([key, inner]) => [
    `vllm-platform:${key}`,
    wrapped ? { value: inner } : inner,
  ]);
  return stringify({ config: Object.fromEntries(config) }, { aliasDuplicateObjects: false });
}

/** Faults that help, or a plan; anything else fails. Answers what was said. */
export function outcome(run: () => ReturnType<typeof planTexts>): string {
  try {
    const plan = run();
    assert.match(plan.hash, /^[0-9a-f]{64}$/);
    assert.ok(plan.server.arguments.every((word) => typeof word === "string" && word !== ""));
    return [...describePlan(plan), JSON.stringify(plan)].join("\n");
  } catch (error) {
    assert.ok(error instanceof RefusedError, `${(error as Error).stack}`);
    assert.ok(error.faults.length > 0);
    for (const fault of error.faults) {
      for (const part of [fault.where, fault.problem, fault.fix]) {
        assert.match(part, /\S/);
        assert.doesNotMatch(part, /undefined|\[object|Invalid input|expected \w+, received/, error.message);
      }
    }
    return error.message;
  }
}
