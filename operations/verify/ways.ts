/** By which way the server is asked: a URL that is named, the public route where it leads to this cluster, else a port forward. */
import { ApiError, type ClusterApi } from "../../cluster/api/index.ts";
import { readSnapshot } from "../../cluster/gpu-node/snapshot.ts";
import { diagnose } from "../../cluster/readiness/diagnosis.ts";
import { type Certificate, certificatePath } from "../../cluster/requirements/items/route/certificate.ts";
import { askText, byPortForward, jsonOf, type Way } from "../../cluster/server/ask.ts";
import { readApiKey } from "../../cluster/server/rights.ts";
import type { Plan } from "../../stacks/plan/index.ts";
import { names, serverPort } from "../../stacks/vocabulary/names.ts";
import { Ended } from "../../system/errors.ts";
import { oneLine } from "../../system/terminal/foreign-text.ts";
import { Wrong } from "./base/report.ts";

const withinMs = 5000;

/** The pod that is ready to answer. @throws Wrong where none is */
export async function findPod(api: ClusterApi): Promise<string> {
  const diagnosis = diagnose(await readSnapshot(api));
  if (diagnosis.state !== "settled" || diagnosis.pod === undefined) {
    throw new Wrong("detail" in diagnosis ? diagnosis.detail : "there is no pod");
  }
  return diagnosis.pod;
}

export function podWay(api: ClusterApi, pod: string): Way {
  return byPortForward(api, pod, serverPort, names.namespace);
}

/** By HTTPS, as clients outside the cluster have a host. */
export function httpsWay(host: string): Way {
  return { name: `https://${host}`, origin: new URL(`https://${host}`) };
}

/** @throws Ended for what is no URL of a server */
export function urlWay(url: string): Way {
  const origin = URL.parse(url);
  if (
    origin === null ||
    !/^https?:$/.test(origin.protocol) ||
    origin.username !== "" ||
    origin.search !== ""
  ) {
    throw new Ended(
      "usage",
      `--url (found: ${JSON.stringify(url)}): it must be a URL such as https://vllm.home.example.org.`,
    );
  }
  return { name: origin.href.replace(/\/$/, ""), origin };
}

export interface ServerWords {
  /** Who marks the answers as simulated; null where nobody does. */
  simulated: string | null;
  /** The engine's version; null where it does not tell. */
  version: string | null;
}

/** What a server says of itself. @throws Error, half a sentence, where it does not answer */
export async function askWho(way: Way, signal: AbortSignal): Promise<ServerWords> {
  const { headers } = await askText(way, { path: "/health", withinMs, signal });
  const { status, text } = await askText(way, { path: "/version", withinMs, signal });
  const version = status === 200 ? jsonOf(text)?.version : undefined;
  const simulated = [headers["x-simulated"]].flat()[0];
  return {
    simulated: simulated === undefined ? null : oneLine(simulated),
    version: typeof version === "string" ? oneLine(version) : null,
  };
}

/** The key, or why it is not known; undefined where none is asked for. */
export async function keyOf(
  { apiKey }: Plan,
  api: ClusterApi | undefined,
): Promise<string | { why: string } | undefined> {
  if (!apiKey) {
    return undefined;
  }
  try {
    return api === undefined
      ? { why: "the cluster that holds the key is out of reach" }
      : await readApiKey(api);
  } catch (error) {
    return { why: (error as Error).message };
  }
}

/** When a certificate of the cluster's ends; undefined where it has none, or that may not be read. */
export async function certificateEnd(api: ClusterApi, name: string): Promise<Date | undefined> {
  try {
    const found = await api.get<Certificate>(certificatePath(name));
    const end = found?.status?.notAfter;
    return end === undefined ? undefined : new Date(end);
  } catch (error) {
    if (error instanceof ApiError) {
      return undefined;
    }
    throw error;
  }
}
