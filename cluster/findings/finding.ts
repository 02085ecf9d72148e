/** What a look at the GPU node or the cluster found: the same in `gpu-mode doctor`, before an update, and as JSON. */
export interface Finding {
  /** What was looked at, as a row of a table names it: "NVIDIA driver". */
  item: string;
  /** `unknown`: it could not be looked at from here, which stops nothing. Only a `fault` does. */
  state: "ok" | "warning" | "fault" | "unknown";
  /** The value found, or why none was, as half a sentence. */
  found: string;
  /** What a person does about it: an order, with the command where there is one. Absent where nothing is to be done. */
  fix?: string;
}
