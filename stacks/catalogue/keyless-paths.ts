/**
 * Paths that answer without a key, whatever `apiKey` says: vLLM asks for one below /v1 and a few other prefixes only
 * (its documentation of security). They are inference, as /v1 is, or tell of it, or stop it.
 */
export const keylessPaths: readonly string[] = [
  ...["/invocations", "/tokenize", "/detokenize", "/pooling", "/classify", "/score", "/rerank"],
  ...["/pause", "/resume", "/abort_requests", "/metrics"],
];
