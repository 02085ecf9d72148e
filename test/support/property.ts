/**
 * Seeds of a property that is tried on the real engine: one that is always the same, so that a run can be compared with the
 * one before, and one of chance, which the test's title shows. `PROPERTY_SEED` names another one to repeat a failure by.
 */
export function seeds(fixed = 20261126): ["fixed" | "random" | "given", number][] {
  const given = process.env.PROPERTY_SEED;
  return given === undefined
    ? [
        ["fixed", fixed],
        ["random", Math.trunc(Math.random() * 2 ** 31)],
      ]
    : [["given", Number(given)]];
}
