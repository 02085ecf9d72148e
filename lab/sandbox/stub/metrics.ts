/** The metrics that dashboards and alerts ask for, by the names and labels of vLLM's version. What they count is the stub's own. */
import type { Generated } from "./generate.ts";
import type { Served } from "./interface/served.ts";
import { namesOf } from "./interface/versions.ts";

/** Counts from the start of a server on. */
export interface Meter {
  /** A request has begun; call what is returned when it has ended. @param generated undefined where it was not answered whole */
  begin(): (generated: Generated | undefined) => void;
  /** In Prometheus' text format. */
  page(served: Served): string;
}

const seconds = [0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const tokens = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const finishes = ["stop", "length", "abort"] as const;

/** What is known of an answer when it has ended, by the name of its histogram without `vllm:`. */
type Observed = Readonly<Record<string, { readonly value: number; readonly bounds: readonly number[] }>>;

export function createMeter(): Meter {
  let running = 0;
  const finished: Record<(typeof finishes)[number], number> = { stop: 0, length: 0, abort: 0 };
  const sums = { prompt: 0, generation: 0 };
  const histograms = new Map<string, Histogram>();
  const observe = (observed: Observed): void => {
    for (const [name, { value, bounds }] of Object.entries(observed)) {
      const histogram = histograms.get(name) ?? new Histogram(bounds);
      histograms.set(name, histogram);
      histogram.add(value);
    }
  };
  return {
    begin() {
      running += 1;
      const began = performance.now();
      return (generated) => {
        running -= 1;
        if (generated === undefined) {
          finished.abort += 1;
          return;
        }
        for (const { finish } of generated.choices) finished[finish] += 1;
        const { prompt_tokens: prompt, completion_tokens: generation } = generated.usage;
        sums.prompt += prompt;
        sums.generation += generation;
        observe(observedOf((performance.now() - began) / 1000, prompt, generation));
      };
    },
    page(served) {
      const { keyValueCacheUsage, timePerOutputToken } = namesOf(served.version).metrics;
      const prefixCache = keyValueCacheUsage.includes("gpu") ? "vllm:gpu_prefix_cache" : "vllm:prefix_cache";
      const labelled = (more = ""): string => `engine="0",${more}model_name="${served.servedNames[0] ?? ""}"`;
      const family = (type: string, name: string, lines: readonly string[]): string[] => [
        `# HELP ${name} Simulated by the vllm-platform sandbox.`,
        `# TYPE ${name} ${type}`,
        ...lines,
      ];
      const single = (type: string, name: string, value: number): string[] =>
        family(type, name, [`${name}{${labelled()}} ${value}`]);
      const empty = observedOf(0, 0, 0);
      return [
        ...single("gauge", "vllm:num_requests_running", running),
        ...single("gauge", "vllm:num_requests_waiting", 0),
        ...single("gauge", keyValueCacheUsage, 0),
        ...single("counter", `${prefixCache}_queries_total`, sums.prompt),
        ...single("counter", `${prefixCache}_hits_total`, 0),
        ...single("counter", "vllm:num_preemptions_total", 0),
        ...single("counter", "vllm:prompt_tokens_total", sums.prompt),
        ...single("counter", "vllm:generation_tokens_total", sums.generation),
        ...family(
          "counter",
          "vllm:request_success_total",
          finishes.map(
            (finish) =>
              `vllm:request_success_total{${labelled(`finished_reason="${finish}",`)}} ${finished[finish]}`,
          ),
        ),
        ...Object.entries(empty).flatMap(([key, { bounds }]) => {
          const name = key === perToken ? timePerOutputToken : `vllm:${key}`;
          return family(
            "histogram",
            name,
            (histograms.get(key) ?? new Histogram(bounds)).lines(name, labelled),
          );
        }),
        "",
      ].join("\n");
    },
  };
}

/** Its name depends on the version. */
const perToken = "time_per_output_token";

function observedOf(took: number, prompt: number, generation: number): Observed {
  const time = (value: number) => ({ value, bounds: seconds });
  const count = (value: number) => ({ value, bounds: tokens });
  return {
    time_to_first_token_seconds: time(0),
    [perToken]: time(generation === 0 ? 0 : took / generation),
    e2e_request_latency_seconds: time(took),
    request_queue_time_seconds: time(0),
    request_prefill_time_seconds: time(0),
    request_decode_time_seconds: time(took),
    request_inference_time_seconds: time(took),
    request_prompt_tokens: count(prompt),
    request_generation_tokens: count(generation),
    iteration_tokens_total: count(prompt + generation),
  };
}

class Histogram {
  readonly #bounds: readonly number[];
  readonly #values: number[];
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#values = bounds.map(() => 0);
  }

  add(value: number): void {
    this.#sum += value;
    this.#count += 1;
    this.#bounds.forEach((bound, place) => {
      if (value <= bound) this.#values[place] = (this.#values[place] ?? 0) + 1;
    });
  }

  lines(name: string, labelled: (more?: string) => string): string[] {
    const upTo = [...this.#bounds.map(String), "+Inf"];
    const counts = [...this.#values, this.#count];
    return [
      ...upTo.map((bound, place) => `${name}_bucket{${labelled(`le="${bound}",`)}} ${counts[place]}`),
      `${name}_sum{${labelled()}} ${this.#sum}`,
      `${name}_count{${labelled()}} ${this.#count}`,
    ];
  }
}
