import type { ClusterApi } from "./index.ts";

/**
 * Access by which each path is read once, however many want it: for a look at one moment. What is written in between is not found,
 * so nobody keeps it.
 */
export function askingOnce(api: ClusterApi): ClusterApi {
  const asked = new Map<string, Promise<unknown>>();
  return {
    ...api,
    get: <Body>(path: string) => {
      const before = asked.get(path);
      const answer = before ?? api.get<Body>(path);
      asked.set(path, answer);
      return answer as Promise<Body | undefined>;
    },
  };
}
