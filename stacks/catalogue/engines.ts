// Which engine brought what; the rest of it stands where the argument is made.
/** Oldest engine whose arguments are known here; the reference setup's. */
export const oldestEngine = "0.5.5";

/** First engine that can leave paths out of its access log (vllm PR 30011). */
export const firstQuietEngine = "0.16.0";

/** First engine that can split the chain of thought from the answer (vllm PR 12473). */
export const firstReasoningEngine = "0.7.1";
