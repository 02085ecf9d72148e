/** What NVIDIA says of CUDA versions and drivers: which driver brings which, which it can still run, what its images ask for. */

/** Major.minor of a CUDA version. */
export interface Cuda {
  major: number;
  minor: number;
}

/** CUDA that a driver branch reports, oldest first (NVIDIA, CUDA toolkit release notes; 535 and 570 also seen on the reference setup). */
const branches: readonly { branch: number; cuda: Cuda }[] = [
  { branch: 450, cuda: { major: 11, minor: 0 } },
  { branch: 470, cuda: { major: 11, minor: 4 } },
  { branch: 525, cuda: { major: 12, minor: 0 } },
  { branch: 530, cuda: { major: 12, minor: 1 } },
  { branch: 535, cuda: { major: 12, minor: 2 } },
  { branch: 545, cuda: { major: 12, minor: 3 } },
  { branch: 550, cuda: { major: 12, minor: 4 } },
  { branch: 555, cuda: { major: 12, minor: 5 } },
  { branch: 560, cuda: { major: 12, minor: 6 } },
  { branch: 565, cuda: { major: 12, minor: 7 } },
  { branch: 570, cuda: { major: 12, minor: 8 } },
  { branch: 575, cuda: { major: 12, minor: 9 } },
  { branch: 580, cuda: { major: 13, minor: 0 } },
  { branch: 590, cuda: { major: 13, minor: 1 } },
  { branch: 595, cuda: { major: 13, minor: 2 } },
  { branch: 610, cuda: { major: 13, minor: 3 } },
  { branch: 615, cuda: { major: 13, minor: 4 } },
];

/** The oldest driver that runs a program of each CUDA major version (NVIDIA, minor-version compatibility). */
export const oldestDriver: Readonly<Record<number, string>> = { 11: "450.80", 12: "525.60", 13: "580" };

/** CUDA of a driver branch that is known by itself; undefined for any other. */
export function cudaOfKnownBranch(branch: number): Cuda | undefined {
  return branches.find((row) => row.branch === branch)?.cuda;
}

/** Whether a driver branch is newer than all that are known here, so that its CUDA is a guess. */
export function isNewerBranch(branch: number): boolean {
  return branch > (branches.at(-1)?.branch ?? 0);
}

/** Driver branches that know a generation of cards, by its compute capability (NVIDIA, driver release notes). */
export function branchesFor(capability: number): { oldest?: number; newest?: number } {
  if (capability >= 10) {
    return { oldest: 570 }; // Blackwell
  }
  return capability < 7.5 ? { newest: 580 } : {}; // Volta and older
}

/** CUDA of a driver branch, for a driver that did not say; a branch between two known ones counts as the older. */
export function cudaOfBranch(branch: number): Cuda | undefined {
  return branches.findLast((row) => row.branch <= branch)?.cuda;
}

/** The first driver branch that brings this CUDA version, for messages; undefined for one that the table lacks. */
export function branchOfCuda(cuda: Cuda): number | undefined {
  return branches.find((row) => compareCuda(row.cuda, cuda) >= 0)?.branch;
}

/** Reads `12.4` or `12.4.1`; undefined for anything else. */
export function parseCuda(text: string): Cuda | undefined {
  const match = /^(\d{1,4})\.(\d{1,4})(?:\.\d{1,4})?$/.exec(text.trim());
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

export function compareCuda(a: Cuda, b: Cuda): number {
  return a.major === b.major ? a.minor - b.minor : a.major - b.major;
}

export function cudaText(cuda: Cuda): string {
  return `${cuda.major}.${cuda.minor}`;
}

const consumerToo = [
  ...["tesla", "unknown", "nvidia", "nvidiartx", "geforce", "geforcertx"],
  ...["quadro", "quadrortx", "titan", "titanrtx"],
];
const noConsumer = [
  ...["unknown", "grid", "tesla", "nvidia", "quadro", "quadrortx", "nvidiartx"],
  ...["vapps", "vpc", "vcs", "vws", "cloudgaming"],
];

/** Older driver branches that NVIDIA's CUDA base image allows besides drivers of its own CUDA, by kind of card. */
const requirements: Readonly<Record<string, string>> = {
  "12.4": requirementText("12.4", consumerToo, [470, 525, 535]),
  "12.8": requirementText("12.8", noConsumer, [470, 535, 550, 560, 565]),
  "12.9": requirementText("12.9", noConsumer, [535, 550, 560, 565, 570]),
  "13.0": requirementText("13.0", noConsumer, [535, 550, 565, 570, 575]),
};

function requirementText(cuda: string, brands: readonly string[], branches: readonly number[]): string {
  const clauses = branches.flatMap((branch) =>
    brands.map((brand) => `brand=${brand},driver>=${branch},driver<${branch + 1}`),
  );
  return [`cuda>=${cuda}`, ...clauses].join(" ");
}

/**
 * NVIDIA_REQUIRE_CUDA of the base image of a CUDA version, on which vLLM's images are built and which they do not
 * change. Read in public Dockerfiles and environments of nvidia/cuda 12.4.1, 12.8.1, 12.9.1 and 13.0.2 (the latter also
 * of vLLM images); for other versions only the first clause, which every such image has.
 */
export function requirementOf(cuda: Cuda): string {
  return requirements[cudaText(cuda)] ?? `cuda>=${cudaText(cuda)}`;
}
