/** One way of doing a thing, to be timed. */
export interface Variant {
  name: string;
  /** Brings about the state that `run` begins with; not timed. */
  prepare?(): Promise<void>;
  run(): Promise<void>;
}

/** Seconds of each run, by variant. */
export type Measured = Map<string, number[]>;

/**
 * Times the variants in turn, A B C A B C …, after one round that does not count: whatever else the machine does meets
 * all of them alike.
 */
export async function alternate(
  variants: readonly Variant[],
  { runs, note, signal }: { runs: number; note: (text: string) => void; signal: AbortSignal },
): Promise<Measured> {
  const measured: Measured = new Map(variants.map(({ name }) => [name, []]));
  for (let round = 0; round <= runs; round++) {
    for (const { name, prepare, run } of variants) {
      signal.throwIfAborted();
      note(`${name}, ${round === 0 ? "warming up" : `run ${round} of ${runs}`}`);
      await prepare?.();
      const began = performance.now();
      await run();
      const seconds = (performance.now() - began) / 1000;
      if (round > 0) {
        measured.get(name)?.push(seconds);
      }
    }
  }
  return measured;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : [sorted[middle - 1], sorted[middle]];
  return (low + high) / 2;
}

/**
 * Median of the ratios of two variants, round by round: within a round both met the same machine, so this is steadier
 * than the ratio of the medians.
 */
export function medianRatio(measured: Measured, name: string, to: string): number {
  const others = measured.get(to) ?? [];
  return median((measured.get(name) ?? []).map((seconds, round) => seconds / (others[round] ?? Number.NaN)));
}
