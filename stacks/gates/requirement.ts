/**
 * NVIDIA_REQUIRE_CUDA, the condition that NVIDIA's container runtime checks in legacy mode before it starts an image:
 * clauses parted by spaces, of which one must hold; each a list of conditions parted by commas, which must all hold.
 */
import { type Cuda, compareCuda, parseCuda } from "../catalogue/cuda.ts";
import { compareVersions, parseVersion, type Version } from "../version.ts";

/** What a condition can ask about. */
export interface Host {
  /** CUDA version that the driver reports. */
  cuda: Cuda;
  driver: Version;
  /** Every name that the card's kind goes by. */
  brands: readonly string[];
}

/** Whether the condition holds on the host; an empty one does, and one that cannot be read does not. */
export function meetsRequirement(requirement: string, host: Host): boolean {
  const clauses = requirement.split(/\s+/).filter((clause) => clause !== "");
  return clauses.length === 0 || clauses.some((clause) => clause.split(",").every((one) => holds(one, host)));
}

function holds(condition: string, host: Host): boolean {
  const match = /^(cuda|driver|brand)(>=|<=|!=|=|<|>)(.+)$/.exec(condition);
  const [, subject, operator, value] = match ?? [];
  if (subject === undefined || operator === undefined || value === undefined) {
    return false;
  }
  if (subject === "brand") {
    const same = host.brands.includes(value);
    return operator === "=" ? same : operator === "!=" && !same;
  }
  const order = subject === "cuda" ? cudaOrder(host.cuda, value) : driverOrder(host.driver, value);
  return order !== undefined && compares(order, operator);
}

function cudaOrder(cuda: Cuda, value: string): number | undefined {
  const wanted = parseCuda(value);
  return wanted === undefined ? undefined : compareCuda(cuda, wanted);
}

function driverOrder(driver: Version, value: string): number | undefined {
  const wanted = parseVersion(value);
  return wanted === undefined ? undefined : compareVersions(driver, wanted);
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
