import { join } from "node:path";
import { openNetwork, type PrivateNetwork } from "../network/network.ts";

/** Addresses that lead to what listens in the network, each of them: those that kwok gives its pods, and clients' ones. */
export const ranges = { pods: "10.0.0.0/16", home: "192.168.1.0/24", elsewhere: "192.0.2.0/24" } as const;

/** An address of a node that is switched off: nobody answers, nobody refuses. */
export const silentAddress = "10.1.0.77";

/** A network in which the addresses of a sandbox's simulated pods lead to whatever listens there. @throws UserError where this machine cannot have one */
export function openPodNetwork(sandbox: { readonly dir: string }): Promise<PrivateNetwork> {
  return openNetwork(join(sandbox.dir, "network"), [
    ...Object.values(ranges).map((range) => `ip route add local ${range} dev lo`),
    // A cable whose other end drops what is for somebody else.
    "ip link add silent type veth peer name nobody && ip link set silent up && ip link set nobody up",
    `ip neigh add ${silentAddress} lladdr 02:00:00:00:00:77 dev silent nud permanent`,
    `ip route add ${silentAddress} dev silent src 192.168.1.1`,
  ]);
}
