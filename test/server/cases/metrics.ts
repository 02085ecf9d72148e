/** Metrics: the families that dashboards and alerts ask for, and their labels. */
import { type Case, type Cases, since } from "../case.ts";
import type { Shape } from "../shape.ts";

export const metrics: Cases = (about) => {
  const cache = since(about, "0.9.2", "kv_cache_usage_perc", "gpu_cache_usage_perc");
  const prefixCache = since(about, "0.9.2", "prefix_cache", "gpu_prefix_cache");
  const perToken = since(about, "0.10.2", "inter_token_latency_seconds", "time_per_output_token_seconds");
  const families: Readonly<Record<string, readonly string[]>> = {
    gauge: ["num_requests_running", "num_requests_waiting", cache],
    counter: [
      ...["prompt_tokens_total", "generation_tokens_total", "num_preemptions_total", "request_success_total"],
      ...[`${prefixCache}_queries_total`, `${prefixCache}_hits_total`],
    ],
    histogram: [
      ...[
        "time_to_first_token_seconds",
        perToken,
        "e2e_request_latency_seconds",
        "request_queue_time_seconds",
      ],
      ...["request_prefill_time_seconds", "request_decode_time_seconds", "request_inference_time_seconds"],
      ...["request_prompt_tokens", "request_generation_tokens", "iteration_tokens_total"],
    ],
  };
  const labels = `engine="0",model_name="${about.names[0]}"`;
  const page = (title: string, body: Shape): Case => ({
    title,
    ask: { path: "/metrics" },
    status: 200,
    headers: { "content-type": /^text\/plain; version=/ },
    body,
  });
  return [
    ...Object.entries(families).flatMap(([type, names]) =>
      names.map((name) => page(`has the ${type} ${name}`, new RegExp(`^# TYPE vllm:${name} ${type}$`, "m"))),
    ),
    page("labels a gauge", new RegExp(`^vllm:num_requests_running\\{${labels}\\} \\d`, "m")),
    page(
      "labels a histogram",
      new RegExp(
        `^vllm:e2e_request_latency_seconds_bucket\\{engine="0",le="\\+Inf",model_name="${about.names[0]}"\\} \\d`,
        "m",
      ),
    ),
    page(
      "counts requests by why they ended",
      new RegExp(
        `^vllm:request_success_total\\{engine="0",finished_reason="length",model_name="${about.names[0]}"\\} \\d`,
        "m",
      ),
    ),
  ];
};
