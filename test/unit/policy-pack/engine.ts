/** The policy pack as the engine sees it: started as Pulumi's language host starts it, and asked over gRPC. The test plays the engine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import services from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

export const packFolder = join(import.meta.dirname, "../../../policy-pack");

/** A resource, as the engine tells of it. */
export interface Resource {
  type: string;
  name: string;
  properties: object;
}

/** One diagnostic, as the engine would show it. */
export interface Told {
  policy: string;
  level: "advisory" | "mandatory" | "disabled" | "remediate";
  message: string;
  urn: string;
}

const levels = ["advisory", "mandatory", "disabled", "remediate"] as const;

/** Marks a value as secret, and stands for one that is not known yet, as on the wire. */
export const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const urnOf = ({ type, name }: Resource): string =>
  `urn:pulumi:ml::vllm-platform::homelab:index:VllmPlatform$${type}::${name}`;

export class Pack {
  readonly #process: ChildProcess;
  readonly #client: services.AnalyzerClient;

  private constructor(process: ChildProcess, port: string) {
    this.#process = process;
    this.#client = new services.AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  }

  /** Nobody listens at the engine's address: a pack that only judges calls nobody. */
  static async start(): Promise<Pack> {
    const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
    const child = spawn(process.execPath, [runner, "127.0.0.1:1", packFolder], {
      cwd: packFolder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    const [port] = (await Promise.race([
      once(lines, "line"),
      once(child, "exit").then(([code]) => Promise.reject(new Error(`the pack ended with status ${code}`))),
    ])) as [string];
    return new Pack(child, port);
  }

  async stop(): Promise<void> {
    this.#client.close();
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** Names of its policies, each with the level that it has unless told otherwise. */
  async policies(): Promise<string[]> {
    const info = await answer<messages.AnalyzerInfo>((done) =>
      this.#client.getAnalyzerInfo(new empty.Empty(), done),
    );
    return info.getPoliciesList().map((one) => `${one.getName()} ${levels[one.getEnforcementlevel()]}`);
  }

  /** Sets levels by the policies' names, as a file of `--policy-pack-config` does. */
  async configure(wanted: Readonly<Record<string, Told["level"]>>): Promise<void> {
    const request = new messages.ConfigureAnalyzerRequest();
    for (const [name, level] of Object.entries(wanted)) {
      const config = new messages.PolicyConfig();
      config.setEnforcementlevel(levels.indexOf(level) as 0 | 1 | 2);
      config.setProperties(new struct.Struct());
      request.getPolicyconfigMap().set(name, config);
    }
    await answer<unknown>((done) => this.#client.configure(request, done));
  }

  /** What is said of one resource, before it is changed. */
  async ofResource(resource: Resource): Promise<Told[]> {
    const request = new messages.AnalyzeRequest();
    request.setOptions(new messages.AnalyzerResourceOptions());
    const reply = await answer<messages.AnalyzeResponse>((done) =>
      this.#client.analyze(filled(request, resource), done),
    );
    return told(reply);
  }

  /** What is said of the whole stack, at the end of a preview or an update. */
  async ofStack(resources: readonly Resource[]): Promise<Told[]> {
    const request = new messages.AnalyzeStackRequest();
    request.setResourcesList(
      resources.map((resource) => {
        const one = new messages.AnalyzerResource();
        one.setOptions(new messages.AnalyzerResourceOptions());
        return filled(one, resource);
      }),
    );
    return told(await answer<messages.AnalyzeResponse>((done) => this.#client.analyzeStack(request, done)));
  }
}

function filled<Message extends messages.AnalyzeRequest | messages.AnalyzerResource>(
  message: Message,
  resource: Resource,
): Message {
  message.setUrn(urnOf(resource));
  message.setType(resource.type);
  message.setName(resource.name);
  message.setProperties(
    struct.Struct.fromJavaScript(resource.properties as Parameters<typeof struct.Struct.fromJavaScript>[0]),
  );
  return message;
}

function told(reply: messages.AnalyzeResponse): Told[] {
  return reply.getDiagnosticsList().map((one) => ({
    policy: one.getPolicyname(),
    level: levels[one.getEnforcementlevel()] ?? "advisory",
    message: one.getMessage(),
    urn: one.getUrn(),
  }));
}

function answer<Reply>(
  ask: (done: (error: grpc.ServiceError | null, reply: Reply) => void) => unknown,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    ask((error, reply) => (error === null ? resolve(reply) : reject(error)));
  });
}
