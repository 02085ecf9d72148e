import { readFileSync } from "node:fs";
import type { V1Secret } from "@kubernetes/client-node";
import { openApi } from "../../../cluster/api/index.ts";
import { accessTo } from "../../../cluster/api/kubeconfig.ts";
import { readJson } from "../../../system/json-file.ts";
import { contextName } from "../base/cluster-config.ts";
import { sandboxPaths } from "../base/paths.ts";
import { platformNames } from "../base/platform-names.ts";
import type { Ports } from "../base/ports.ts";
import { createStubServer, listen } from "../stub/server.ts";
import { createForwarder, type Target } from "./forward.ts";
import { readyPod, servedBy, watchPlatform, whyNoServer } from "./platform-view.ts";

/**
 * The sandbox's background process: the stub server behind the simulated pods, and the URL. Started by
 * `startDaemon`; `--sandbox=<folder>` says which sandbox, and by it the process is recognised.
 */
const folder = process.argv.find((word) => word.startsWith("--sandbox="))?.slice("--sandbox=".length);
if (folder === undefined) throw new Error("daemon.ts needs --sandbox=<folder>");
const paths = sandboxPaths(folder);
const ports = JSON.parse(readFileSync(paths.ports, "utf8")) as Ports;

const connection = { kubeconfig: paths.kubeconfig, context: contextName, identifier: contextName };
const api = await openApi(connection);
const stub = createStubServer(ports.stub);

/** The pod that the stub stands for, until it does no more. */
let serving: { readonly pod: string; readonly ended: AbortController } | undefined;
/** One change after the other: reading a Secret takes a while. */
let following: Promise<void> = Promise.resolve();
const view = await watchPlatform(await accessTo(connection), follow);
const { namespace, port } = platformNames;
const forwarder = createForwarder(target, (pod) =>
  api.connect(`/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`),
);

function follow(): void {
  following = following.then(async () => {
    const pod = readyPod(view());
    const name = pod?.metadata?.name;
    if (serving?.pod !== name) {
      serving?.ended.abort();
      serving = undefined;
    }
    await stub.serve(pod === undefined ? undefined : await servedBy(pod, readSecret));
    if (name !== undefined) serving ??= { pod: name, ended: new AbortController() };
  });
  following = following.catch((error: unknown) => {
    console.error(new Date().toISOString(), error);
    setTimeout(follow, 1000);
  });
}

function target(): Target {
  const now = view();
  const pod = readyPod(now)?.metadata?.name;
  if (pod === undefined) return { why: whyNoServer(now) };
  return pod === serving?.pod
    ? { pod, gone: serving.ended.signal, rule: now.rule }
    : { why: `no server is ready: pod ${pod} has just started to answer` };
}

async function readSecret(name: string, key: string): Promise<string | undefined> {
  const secret = await api.get<V1Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
  if (secret === undefined) throw new Error(`there is no Secret ${name}`); // and it is asked for again
  const value = secret.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}

follow();
await following;
await listen(forwarder, ports.url);
process.send?.("ready");
if (process.connected) process.disconnect();

// A sandbox that was removed by hand, or started anew with other ports, does not need this process any more.
setInterval(async () => {
  const now = await readJson<Ports>(paths.ports);
  if (now?.url !== ports.url || now.stub !== ports.stub) process.exit(0);
}, 5000);
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => process.exit(0));
process.on("unhandledRejection", (error) => console.error(new Date().toISOString(), error));
