/** The names by which the reference setup's clients know the server. */
export const platformNames = {
  namespace: "ml",
  deployment: "vllm-server",
  service: "vllm-api",
  port: 8000,
  route: "vllm-https",
  smokeTest: "smoke-test",
} as const;
