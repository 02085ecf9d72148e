/** Which containers of a pod a status is of. */
export type ContainerKind = "containers" | "initContainers";

/** The field of a pod's status that holds theirs. */
export const statusesOf = {
  containers: "containerStatuses",
  initContainers: "initContainerStatuses",
} as const;
