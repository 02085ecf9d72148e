// Sizes and times as Kubernetes and Go write them, turned into numbers.

const factors: Record<string, number> = {
  "": 1,
  m: 1 / 1000,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** A Kubernetes quantity as a number: `500m` is 0.5, `16Gi` is 17179869184. `NaN` for anything else. */
export function quantityValue(quantity: string): number {
  const [, digits, suffix = ""] = /^(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(quantity) ?? [];
  return digits === undefined ? Number.NaN : Number(digits) * (factors[suffix] ?? Number.NaN);
}

const seconds: Record<string, number> = { h: 3600, m: 60, s: 1 };

/** A Go duration of hours, minutes and seconds as seconds: `2160h` is 7776000. `NaN` for anything else. */
export function durationSeconds(duration: string): number {
  if (!/^(\d+h)?(\d+m)?(\d+s)?$/.test(duration) || duration === "") {
    return Number.NaN;
  }
  return [...duration.matchAll(/(\d+)([hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (seconds[String(unit)] ?? Number.NaN),
    0,
  );
}
