import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerPlan } from "../plan/index.ts";
import { containers } from "../vocabulary/names.ts";

/** Needs what each image of vLLM has: python3 and PyTorch. */
const program = readFileSync(join(import.meta.dirname, "smoke-test.py"), "utf8");

/** What the test has of the server's container. */
interface SameAsServer {
  image: string;
  imagePullPolicy: string;
  resources: object;
  securityContext: object;
}

/**
 * The init container that tests CUDA on the very card, in the very image and under the very rules that the server is
 * about to have. It asks for no more than the server does: of a pod's requests and limits Kubernetes counts the
 * larger of init containers and containers, cards included. Model files, keys and tokens are not for it.
 */
export function smokeTest<Server extends SameAsServer>(
  { smokeTest: planned, environment }: ServerPlan,
  server: Server,
) {
  if (planned === undefined) {
    return [];
  }
  const { image, imagePullPolicy, resources, securityContext } = server;
  const env = Object.entries(environment).map(([name, value]) => ({ name, value }));
  return [
    {
      name: containers.smokeTest,
      ...{ image, imagePullPolicy, resources, securityContext },
      command: ["python3", "-c", program, String(planned.limitSeconds)],
      ...(env.length === 0 ? {} : { env }),
    },
  ];
}
