/** What of a drift run is news, given what was told before. Pure. */

export type Outcome =
  | { readonly kind: "none" }
  | { readonly kind: "drift"; readonly fingerprint: string }
  /** Cluster or state could not be read: never taken for "no drift". */
  | { readonly kind: "unknown" }
  /** The run itself went wrong. @param how such as `status 1` */
  | { readonly kind: "failed"; readonly how: string };

/** What the next run has to know. Times are ISO 8601. */
export interface Memory {
  /** Of the drift that was told. */
  readonly fingerprint?: string;
  /** When that drift was found first. */
  readonly since?: string;
  /** When it could be told last whether there is drift. */
  readonly told?: string;
  /** When it could first not be told after that. */
  readonly unknownSince?: string;
  /** What there was an alarm for, so that there is none for it again. */
  readonly alarm?: string;
}

/** `found`, `changed`: drift, or another one; `clean`: drift or alarm is over; `alarm`: nobody watches. */
export type News = "found" | "changed" | "clean" | "alarm";

/** Hours without an answer after which somebody should look. */
const patienceHours = 24;

/** @param before undefined where no run was ever remembered */
export function newsOf(
  before: Memory | undefined,
  outcome: Outcome,
  now: Date,
): { readonly memory: Memory; readonly news?: News } {
  const at = now.toISOString();
  switch (outcome.kind) {
    case "none": {
      const over = before?.fingerprint !== undefined || before?.alarm !== undefined;
      return { memory: { told: at }, ...(over ? { news: "clean" } : {}) };
    }
    case "drift": {
      const { fingerprint } = outcome;
      const same = before?.fingerprint === fingerprint;
      const memory = { fingerprint, since: (same ? before?.since : undefined) ?? at, told: at };
      return same ? { memory } : { memory, news: before?.fingerprint === undefined ? "found" : "changed" };
    }
    case "unknown": {
      const memory = { ...before, unknownSince: before?.unknownSince ?? at };
      // The first of a night may be a restart; of a run that never worked there is nothing to wait for.
      const first = before?.unknownSince === undefined && before?.told !== undefined;
      const hours = (now.getTime() - Date.parse(before?.told ?? memory.unknownSince)) / 3_600_000;
      const late = before === undefined || (!first && hours >= patienceHours);
      return late ? alarm(memory, "unknown") : { memory };
    }
    case "failed":
      return alarm(before ?? {}, outcome.how);
  }
}

function alarm(memory: Memory, what: string): { memory: Memory; news?: News } {
  return memory.alarm === what ? { memory } : { memory: { ...memory, alarm: what }, news: "alarm" };
}

/** What is remembered, of a record that somebody may have edited. */
export function memoryOf(record: Record<string, unknown> | undefined): Memory | undefined {
  if (record === undefined) return undefined;
  const { fingerprint, since, told, unknownSince, alarm } = record;
  const texts = Object.entries({ fingerprint, since, told, unknownSince, alarm }).filter(
    ([, value]) => typeof value === "string",
  );
  return Object.fromEntries(texts) as Memory;
}

/** Why somebody should look, as a sentence. */
export function sentenceOf(news: News, outcome: Outcome): string {
  switch (news) {
    case "found":
      return "Drift was found.";
    case "changed":
      return "The drift is another one than before.";
    case "clean":
      return "No drift any more.";
    case "alarm":
      return outcome.kind === "failed"
        ? `The drift run itself failed (${outcome.how}), and until it works nobody is told of drift.`
        : "It cannot be told whether there is drift, for a day or since the first run.";
  }
}
