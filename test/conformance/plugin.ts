/**
 * One provider plugin as the engine sees it: an executable that prints a port and serves the gRPC service
 * `pulumirpc.ResourceProvider` there. Here the test plays the engine, so that every exchange is visible.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import { type Fields, type Method, toFields, toMessage } from "./messages.ts";

/** What a call came to, in plain values; `code` is gRPC's. */
export type Answer = { reply: Fields } | { error: { code: number; message: string } };

/** A line that the plugin asked the engine to show. */
export interface LogLine {
  severity: "debug" | "info" | "warning" | "error";
  message: string;
  urn: string;
  /** True for a status line, which the engine shows beside the resource and does not keep. */
  ephemeral: boolean;
}

export interface Plugin {
  /** Makes one call and gives the answer, or the error, in plain values. */
  call(method: Method, request?: Fields): Promise<Answer>;
  /** Lines logged since the last `takeLogs`, oldest first. */
  takeLogs(): LogLine[];
  /** The plugin's process. */
  readonly process: ChildProcess;
  /** Lets the engine vanish, as if it had been killed. */
  loseEngine(): void;
  /** Ends the process and waits for it. */
  stop(): Promise<void>;
}

const severities = ["debug", "info", "warning", "error"] as const;

/**
 * Starts a plugin.
 * @param executable absolute path.
 * @param options `cwd` and `env` of the plugin's process; nothing of this process's environment is added.
 * @throws Error when the process ends before it has printed its port.
 */
export async function startPlugin(
  executable: string,
  options: { cwd: string; env: Record<string, string> },
): Promise<Plugin> {
  const logs: LogLine[] = [];
  const engine = await serveEngine(logs);
  const child = spawn(executable, [engine.address], {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Also when a test's process ends early.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const port = await printedPort(child, executable);
  // No limit on the message size: the engine sets none either.
  const client = new providerServices.ResourceProviderClient(
    `127.0.0.1:${port}`,
    grpc.credentials.createInsecure(),
    { "grpc.max_receive_message_length": -1 },
  );
  return {
    call: (method, request = {}) =>
      new Promise((resolve) => {
        const invoke = client[method].bind(client) as (
          message: unknown,
          done: (error: grpc.ServiceError | null, reply: unknown) => void,
        ) => void;
        invoke(toMessage(method, request), (error, reply) => {
          resolve(
            error ? { error: { code: error.code, message: error.details } } : { reply: toFields(reply) },
          );
        });
      }),
    process: child,
    loseEngine: () => engine.stop(),
    takeLogs: () => logs.splice(0),
    async stop() {
      process.off("exit", kill);
      client.close();
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, "exit");
        kill();
        await ended;
      }
      engine.stop();
    },
  };
}

/** The part of the engine that a plugin calls: its log. */
async function serveEngine(logs: LogLine[]): Promise<{ address: string; stop(): void }> {
  const server = new grpc.Server();
  const service = engineServices.EngineService as unknown as grpc.ServiceDefinition;
  const unimplemented: grpc.handleUnaryCall<unknown, unknown> = (_call, done) =>
    done({ code: grpc.status.UNIMPLEMENTED, details: "not part of this test's engine" });
  const handlers: grpc.UntypedServiceImplementation = Object.fromEntries(
    Object.keys(service).map((name) => [name, unimplemented]),
  );
  handlers.log = (
    call: grpc.ServerUnaryCall<EngineLogRequest, unknown>,
    done: grpc.sendUnaryData<unknown>,
  ) => {
    const request = call.request;
    logs.push({
      severity: severities[request.getSeverity()] ?? "error",
      message: request.getMessage(),
      urn: request.getUrn(),
      ephemeral: request.getEphemeral(),
    });
    done(null, toMessage("cancel", {}));
  };
  server.addService(service, handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, stop: () => server.forceShutdown() };
}

interface EngineLogRequest {
  getSeverity(): number;
  getMessage(): string;
  getUrn(): string;
  getEphemeral(): boolean;
}

async function printedPort(child: ChildProcess, executable: string): Promise<number> {
  if (!child.stdout) throw new Error("the plugin was started without a pipe for its standard output");
  const lines = createInterface({ input: child.stdout });
  return await new Promise((resolve, reject) => {
    lines.once("line", (line) => resolve(Number(line)));
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`${executable} ended with ${code} before it printed its port`)),
    );
  });
}
