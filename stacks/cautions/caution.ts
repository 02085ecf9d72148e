/** One thing to know, and what can be done about it. */
export interface Caution {
  /** What is so, as half a sentence. */
  found: string;
  /** An order. */
  fix: string;
}

/** As one line: `the route lets everyone in. Name …` */
export function cautionText({ found, fix }: Caution): string {
  return `${found}. ${fix}`;
}
