/** The names by which the home lab's clients know the server. */
export const platformNames = {
  namespace: "ml",
  deployment: "vllm-server",
  service: "vllm-api",
  port: 8000,
  smokeTest: "smoke-test",
} as const;
