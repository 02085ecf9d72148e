/**
 * NVIDIA_REQUIRE_CUDA, the condition that NVIDIA's container runtime checks in legacy mode before it starts an image:
 * clauses parted by spaces, of which one must hold; each a list of conditions parted by commas, which must all hold.
 */
import { type Cuda, compareCuda, parseCuda } from "../catalogue/cuda.ts";
import { compareVersions, parseVersion, type Version } from "../vocabulary/version.ts";

/** What a condition can ask about. */
export interface Host {
  /** CUDA version that the driver reports. */
  cuda: Cuda;
  /** Whether that is a guess, as the driver did not say and is newer than what is known. */
  guessed?: boolean;
  driver: Version;
  /** Every name that the card's kind goes by. */
  brands: readonly string[];
}

type Condition = (host: Host) => boolean;
type Clause = readonly Condition[];

/** Whether the condition holds on the host; an empty one does, and one that cannot be read does not. */
export function meetsRequirement(requirement: string, host: Host): boolean {
  const clauses = clausesOf(requirement);
  return clauses.length === 0 || clauses.some((clause) => clause.every((condition) => condition(host)));
}

/** The catalogue's texts are few and long, and each is asked about many images, so each is read once. */
const known = new Map<string, readonly Clause[]>();

function clausesOf(requirement: string): readonly Clause[] {
  let clauses = known.get(requirement);
  if (clauses === undefined) {
    const texts = requirement.split(/\s+/).filter((clause) => clause !== "");
    clauses = texts.map((clause) => clause.split(",").map(conditionOf));
    known.set(requirement, clauses);
  }
  return clauses;
}

function conditionOf(text: string): Condition {
  const match = /^(cuda|driver|brand)(>=|<=|!=|=|<|>)(.+)$/.exec(text);
  const [, subject, operator, value] = match ?? [];
  if (subject === undefined || operator === undefined || value === undefined) {
    return never;
  }
  if (subject === "brand") {
    return brandCondition(operator, value);
  }
  if (subject === "cuda") {
    const wanted = parseCuda(value);
    return wanted === undefined ? never : ({ cuda }) => compares(compareCuda(cuda, wanted), operator);
  }
  const wanted = parseVersion(value);
  return wanted === undefined ? never : ({ driver }) => compares(compareVersions(driver, wanted), operator);
}

const never: Condition = () => false;

function brandCondition(operator: string, value: string): Condition {
  if (operator !== "=" && operator !== "!=") {
    return never;
  }
  return ({ brands }) => brands.includes(value) === (operator === "=");
}

function compares(order: number, operator: string): boolean {
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "=":
      return order === 0;
    default:
      return order !== 0;
  }
}
