// Does not prove that a kubelet reads it so: a server on a socket speaks for the kubelet. test/node has a real one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import { createGpu, type Gpu } from "../../../../lab/node/gpu/index.ts";
import { allocation, devices, registerRequest } from "../../../../lab/node/gpu/messages.ts";

const asIs = (bytes: Buffer): Buffer => bytes;

describe("the card of a real node", () => {
  let folder: string;
  let kubelet: grpc.Server;
  let gpu: Gpu;
  const registered: Buffer[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "gpu-"));
    registered.length = 0;
    kubelet = new grpc.Server();
    const method = {
      path: "/v1beta1.Registration/Register",
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    kubelet.addService(
      { Register: method },
      {
        Register: (call: { request: Buffer }, done: (error: null, bytes: Buffer) => void) => {
          registered.push(call.request);
          done(null, Buffer.alloc(0));
        },
      },
    );
    const address = `unix:${join(folder, "kubelet.sock")}`;
    await new Promise((bound) => kubelet.bindAsync(address, grpc.ServerCredentials.createInsecure(), bound));
    gpu = createGpu(folder, "present");
  });
  afterEach(() => {
    gpu.close();
    kubelet.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  it("makes itself known by its socket, and tells each change of its state", async () => {
    await gpu.register();
    assert.deepEqual(registered, [registerRequest({ socket: "lab-gpu.sock", resource: "nvidia.com/gpu" })]);
    const client = new grpc.Client(`unix:${join(folder, "lab-gpu.sock")}`, grpc.credentials.createInsecure());
    const stream = client.makeServerStreamRequest(
      "/v1beta1.DevicePlugin/ListAndWatch",
      asIs,
      asIs,
      Buffer.alloc(0),
    );
    stream.on("error", () => {}); // It is cut off at the end.
    const said = async (): Promise<string> => String(await once(stream, "data"));
    assert.match(await said(), /GPU-0[-0]+.+Healthy/);
    gpu.set("gone");
    assert.match(await said(), /Unhealthy/);
    gpu.set("present");
    assert.doesNotMatch(await said(), /Unhealthy/);
    client.close();
  });

  it("makes itself known anew to a kubelet that has been started again", async () => {
    await gpu.register();
    await gpu.register();
    assert.equal(registered.length, 2);
  });

  it("speaks the interface's messages", () => {
    // Field 1 is the version, 2 the socket, 3 the resource: tag, length, text.
    assert.equal(
      registerRequest({ socket: "a", resource: "b" }).toString("latin1"),
      "\x0a\x07v1beta1\x12\x01a\x1a\x01b",
    );
    assert.equal(devices(["a"], true).toString("latin1"), "\x0a\x0c\x0a\x01a\x12\x07Healthy");
    const long = allocation({ A: "x".repeat(200) });
    assert.equal(
      long.subarray(0, 3).toString("hex"),
      `0a${Buffer.from([(209 & 127) | 128, 209 >> 7]).toString("hex")}`,
    );
  });
});
