/** The test that may run before the server: whether CUDA starts in the image on this node. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerPlan } from "../../plan/index.ts";
import { containers } from "../../vocabulary/names.ts";

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
 * The init container that tests CUDA in the server's image, on its GPU, with its security context. Its requests equal the
 * server's, so the pod needs no second GPU: of init containers and containers Kubernetes counts the larger. It gets no model
 * cache and no secrets.
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
