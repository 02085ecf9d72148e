import type { KnownFailure } from "./known-failure.ts";

/** vLLM's words where the card's memory does not suffice; the numbers are its issues. What names a length comes first. */
export const memoryFailures: readonly KnownFailure[] = [
  {
    pattern: /Free memory on device .* is less than desired GPU memory utilization/i, // 20305
    meaning: "another program holds the card's memory",
    fix: "End it (a game, a desktop program), or lower gpuMemoryUtilization",
    sample:
      "(EngineCore_DP0 pid=241) ValueError: Free memory on device (9.21/11.76 GiB) on startup is less than desired GPU memory utilization (0.9, 10.58 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.",
  },
  {
    // 16118: V1 until now. GB in 0.8, GiB since; with a bracket before the size, and since 0.22 also without.
    pattern: /max seq len \(\d+\), \(?[\d.]+ Gi?B KV cache is needed.* maximum model length is (\d+)/i,
    meaning: "the model leaves too little of the card's memory for its context",
    fix: "Set maxModelLen: $1, which the engine has worked out to fit, or choose a smaller model",
    sample:
      "(EngineCore_DP0 pid=18799) ERROR 10-08 20:33:48 [core.py:708] ValueError: To serve at least one request with the models's max seq len (32768), (4.50 GiB KV cache is needed, which is larger than the available KV cache memory (3.66 GiB). Based on the available memory, the estimated maximum model length is 26608. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
  },
  {
    // 2418: V0.
    pattern:
      /max seq len \(\d+\) is larger than the maximum number of tokens that can be stored in KV cache \((\d+)\)/i,
    meaning: "the model leaves too little of the card's memory for its context",
    fix: "Set maxModelLen: $1, which the engine has worked out to fit, or choose a smaller model",
    sample:
      "ValueError: The model's max seq len (32768) is larger than the maximum number of tokens that can be stored in KV cache (11440). Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
  },
  {
    // Where no length fits, and in 0.8 always, V1 names none.
    pattern: /No available memory for the cache blocks|Gi?B KV cache is needed, which is larger than/i,
    meaning: "the model leaves too little of the card's memory for its context",
    fix: "Lower maxModelLen or choose a smaller model",
    sample:
      "ERROR 03-27 16:43:19 [core.py:343] ValueError: To serve at least one request with the models's max seq len (116160), (4.43 GB KV cache is needed, which is larger than the available KV cache memory (3.48 GB). Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.",
  },
  {
    pattern: /CUDA out of memory|OutOfMemoryError/i, // 19445
    meaning: "the card's memory ran out",
    fix: "Lower maxNumSeqs, maxModelLen or gpuMemoryUtilization",
    sample:
      "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 266.00 MiB. GPU 0 has a total capacity of 11.76 GiB of which 17.88 MiB is free.",
  },
];
