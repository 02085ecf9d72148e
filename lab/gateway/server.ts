import { join } from "node:path";
import type { PrivateNetwork, Program } from "../network/network.ts";

/** A stub server on a port of every pod's address. @param faulty whether it fails where a request asks for it */
export function startServer(network: PrivateNetwork, port: number, faulty: boolean): Promise<Program> {
  const args = ["--model", "a/model", "--served-model-name", "a/model", "default"];
  const program = join(import.meta.dirname, "programs", "server.ts");
  const options = JSON.stringify({ port, args, version: "0.8.5.post1", faulty });
  return network.start(process.execPath, [program, options], { ready: /^ready$/m });
}
