/** A device plugin as NVIDIA's, for a card that is not there: it can be taken away and given back. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, credentials, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import { allocation, devices, empty, registerRequest } from "./messages.ts";

export interface Gpu {
  /** Makes itself known; to be called each time that the kubelet has been started. */
  register(): Promise<void>;
  set(state: "present" | "gone"): void;
  close(): void;
}

const resource = "nvidia.com/gpu";
const socket = "lab-gpu.sock";
const card = "GPU-00000000-0000-0000-0000-000000000000";
/** Seconds in which a kubelet that has been started makes its socket. */
const patience = 30;

/** @param folder where the kubelet and its plugins find each other */
export function createGpu(folder: string, initial: "present" | "gone"): Gpu {
  let state = initial;
  let server: Server | undefined;
  const watching = new Set<ServerWritableStream<Buffer, Buffer>>();
  const tell = (stream: ServerWritableStream<Buffer, Buffer>): void =>
    void stream.write(devices([card], state === "present"));
  return {
    async register() {
      await connectable(join(folder, "kubelet.sock"));
      server?.forceShutdown();
      watching.clear();
      // A kubelet that starts removes all sockets there.
      await rm(join(folder, socket), { force: true });
      server = serverOf((stream) => {
        watching.add(stream);
        stream.on("cancelled", () => watching.delete(stream));
        tell(stream);
      });
      await bind(server, join(folder, socket));
      await register(join(folder, "kubelet.sock"));
    },
    set(wanted) {
      state = wanted;
      for (const stream of watching) tell(stream);
    },
    close: () => server?.forceShutdown(),
  };
}

function serverOf(watch: (stream: ServerWritableStream<Buffer, Buffer>) => void): Server {
  const server = new Server();
  const asIs = (bytes: Buffer): Buffer => bytes;
  const method = (name: string, responseStream = false) => ({
    path: `/v1beta1.DevicePlugin/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  });
  const answer = (bytes: Buffer) => (_: unknown, done: (error: null, bytes: Buffer) => void) =>
    done(null, bytes);
  server.addService(
    {
      GetDevicePluginOptions: method("GetDevicePluginOptions"),
      ListAndWatch: method("ListAndWatch", true),
      Allocate: method("Allocate"),
    },
    {
      GetDevicePluginOptions: answer(empty),
      ListAndWatch: watch,
      Allocate: answer(allocation({ NVIDIA_VISIBLE_DEVICES: card })),
    },
  );
  return server;
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    ),
  );
}

function register(path: string): Promise<void> {
  const client = new Client(`unix:${path}`, credentials.createInsecure());
  const asIs = (bytes: Buffer): Buffer => bytes;
  return new Promise<void>((resolve, reject) =>
    client.makeUnaryRequest(
      "/v1beta1.Registration/Register",
      asIs,
      asIs,
      registerRequest({ socket, resource }),
      (error) => (error === null ? resolve() : reject(error)),
    ),
  ).finally(() => client.close());
}

async function connectable(path: string): Promise<void> {
  const deadline = Date.now() + patience * 1000;
  while (!existsSync(path)) {
    if (Date.now() > deadline) throw new Error(`the kubelet has made no ${path} within ${patience} s`);
    await sleep(50);
  }
}
