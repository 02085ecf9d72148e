/** Clients in a network outside of a real node, with a cable to it. */
import { join } from "node:path";
import { enterNetwork, openNetwork } from "../../network/network.ts";
import { nodeAddress } from "../../node/index.ts";
import { type Client, type EntryPoint, entryPorts, type Traefik } from "../traefik.ts";
import { serviceAddress } from "./traefik.ts";

/** Others than those of the clients that `../traefik.ts` has inside of the node. */
const addresses: Record<Client, string> = { home: "192.168.2.20", elsewhere: "198.51.100.20" };

export interface Outside extends Pick<Traefik, "socket"> {
  close(): Promise<void>;
}

/**
 * Their sockets lead to the address of Traefik's Service, from theirs.
 * @param process the id of any process in the node's network
 * @param folder made for their files
 */
export async function openOutside(process: string, folder: string): Promise<Outside> {
  const own = Object.values(addresses);
  const outside = await openNetwork(join(folder, "outside"), [
    `ip link add home type veth peer name outside && ip link set outside netns ${process}`,
    "ip link set home up",
    ...own.map((address) => `ip address add ${address}/32 dev home`),
    `ip route add ${serviceAddress} via ${nodeAddress} dev home onlink`,
  ]);
  try {
    const node = await enterNetwork(process, join(folder, "node"));
    const routes = own.map((address) => `ip route add ${address} dev outside`);
    const connect = ["ip link set outside up", ...routes, "echo connected"].join(" && ");
    await node.start("sh", ["-c", connect], { ready: /connected/ });
    await node.close();
    const socket = (client: Client, entryPoint: EntryPoint): string =>
      join(outside.folder, `${client}-${entryPoint}.sock`);
    await outside.relay(
      Object.entries(addresses).flatMap(([client, localAddress]) =>
        Object.entries(entryPorts).map(([entryPoint, port]) => ({
          from: { path: socket(client as Client, entryPoint as EntryPoint) },
          to: { host: serviceAddress, port, localAddress },
        })),
      ),
    );
    return { socket, close: () => outside.close() };
  } catch (error) {
    await outside.close();
    throw error;
  }
}
