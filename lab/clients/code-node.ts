// n8n's Code node as its documentation and its packages have it: what a code finds there, and nothing else.
import { request } from "node:http";
import { createContext, runInContext } from "node:vm";

/** "Run Once for All Items", or "Run Once for Each Item", as n8n's settings name them. */
export type CodeMode = "runOnceForAllItems" | "runOnceForEachItem";
export const codeModes: readonly CodeMode[] = ["runOnceForAllItems", "runOnceForEachItem"];

/** Runs code as a Code node does that got one item. */
export interface CodeNode {
  readonly name: string;
  /** @returns the node's items. Rejects with what the node would show. */
  run(code: string, mode: CodeMode): Promise<unknown[]>;
}

/** What n8n's helper takes, as far as the pattern uses it. */
interface HelperRequest {
  method?: string;
  url: string;
  timeout?: number;
  returnFullResponse?: boolean;
  ignoreHttpStatusErrors?: boolean;
}

/** n8n's helper as it is documented: an unwanted status is an error unless it is to be ignored; a timeout is the whole request's. */
function httpRequest({ url, method, timeout, ...options }: HelperRequest): Promise<unknown> {
  const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });
  return new Promise((resolve, reject) => {
    const asked = request(url, { method }, (response) => {
      response.resume().on("end", () => {
        const { statusCode = 0, headers } = response;
        if (statusCode >= 300 && !options.ignoreHttpStatusErrors) {
          reject(coded("ERR_BAD_RESPONSE", `Request failed with status code ${statusCode}`));
        } else resolve(options.returnFullResponse ? { statusCode, headers, body: "" } : "");
      });
    });
    asked.on("error", reject).end();
    if (timeout !== undefined) {
      const late = setTimeout(
        () => asked.destroy(coded("ECONNABORTED", `timeout of ${timeout}ms exceeded`)),
        timeout,
      );
      asked.on("close", () => clearTimeout(late));
    }
  });
}

const item = { json: { prompt: "Say hello." } };

/** What every Code node has of the workflow's data. */
const workflowData = (mode: CodeMode) => ({
  $input: { all: () => [item], first: () => item, item },
  $json: item.json,
  $now: new Date(0),
  $: () => ({ first: () => item }),
  ...(mode === "runOnceForAllItems" ? { items: [item] } : { item }),
});

const timers = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate };

/** n8n 1.x where no task runner is set: the code runs in n8n's own process, in vm2. */
const inProcess: CodeNode = {
  name: "n8n 1.x in its own process",
  run: (code, mode) =>
    runWith(code, mode, {
      ...{ ...timers, Buffer, console, process: {}, require: noRequire },
      helpers: { httpRequest, request: httpRequest },
    }),
};

/** n8n 2.x, and 1.x with a task runner: helpers are calls to another process, and their errors come as JSON. */
const taskRunner: CodeNode = {
  name: "n8n 2.x, or 1.x with a task runner",
  run(code, mode) {
    const byWire = (options: HelperRequest) =>
      httpRequest(options).catch((error: Error & { code?: string }) => {
        throw { name: error.name, message: error.message, code: error.code };
      });
    return runWith(code, mode, {
      ...{ ...timers, Buffer, console, require: noRequire, FormData, TextDecoder, TextEncoder, btoa, atob },
      get $env(): never {
        throw new Error("access to env vars denied");
      },
      helpers: {
        httpRequest: byWire,
        request: byWire,
        httpRequestWithAuthentication(): never {
          throw new Error("The function is not supported in the Code node");
        },
      },
    });
  },
};

function noRequire(module: string): never {
  throw new Error(`Module '${module}' is disallowed`);
}

async function runWith(code: string, mode: CodeMode, globals: object): Promise<unknown[]> {
  const context = createContext(Object.assign(globals, workflowData(mode)));
  const result: unknown = await runInContext(`(async function VmCodeWrapper() {${code}\n})()`, context);
  return itemsOf(result, mode);
}

/** The items that n8n makes of what a code returns. @throws Error where n8n refuses it */
export function itemsOf(result: unknown, mode: CodeMode): unknown[] {
  const isObject = typeof result === "object" && result !== null;
  if (!isObject || (mode === "runOnceForEachItem" && Array.isArray(result))) {
    throw new Error("Code doesn't return items properly");
  }
  const items = (Array.isArray(result) ? result : [result]).map((one: object) =>
    "json" in one ? { json: one.json } : { json: one },
  );
  return JSON.parse(JSON.stringify(items)) as unknown[]; // as between processes, and out of the code's realm
}

export const documentedCodeNodes: readonly CodeNode[] = [inProcess, taskRunner];
