// n8n's own task runner, as n8n starts it: this side is its broker, and answers its calls with n8n's own HTTP helper.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import { type CodeMode, type CodeNode, itemsOf } from "../../../lab/clients/code-node.ts";

type Message = Record<string, unknown> & { type: string };
type HttpRequest = (options: object) => Promise<unknown>;

/** A runner that waits for code; `close` ends it. */
export interface TaskRunner extends CodeNode {
  close(): void;
}

/** Starts the runner that npm has installed into a folder as `@n8n/task-runner`. */
export async function startTaskRunner(folder: string): Promise<TaskRunner> {
  const packageFolder = join(folder, "node_modules/@n8n/task-runner");
  const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    version: string;
  };
  const httpRequest = helperOf(folder);
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const runner = spawn(process.execPath, [join(packageFolder, "dist/start.js")], {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      PATH: process.env.PATH,
      N8N_RUNNERS_TASK_BROKER_URI: `http://127.0.0.1:${port}`,
      N8N_RUNNERS_GRANT_TOKEN: "none",
      N8N_RUNNERS_MAX_CONCURRENCY: "1",
      N8N_RUNNERS_AUTO_SHUTDOWN_TIMEOUT: "0",
    },
  });
  const socket = await new Promise<WebSocket>((connected, failed) => {
    sockets.once("connection", connected);
    runner.once("exit", (status) => failed(new Error(`the task runner ended with ${status}`)));
  });
  const say = (message: Message): void => socket.send(JSON.stringify(message));
  /** The runner offers itself for some seconds, and again when it has become free. */
  const offers: unknown[] = [];
  socket.on("message", (data) => {
    const message = JSON.parse(String(data)) as Message;
    if (message.type === "runner:info") say({ type: "broker:runnerregistered" });
    if (message.type === "runner:taskoffer") offers.push(message.offerId);
    if (message.type === "runner:rpc") void answer(say, message, httpRequest);
  });
  say({ type: "broker:inforequest" });
  return {
    name: `@n8n/task-runner ${version}`,
    async run(code, mode) {
      while (offers.length === 0) await new Promise((wake) => setTimeout(wake, 20));
      return runTask(socket, offers.shift(), code, mode);
    },
    close: () => end(runner, () => server.close()),
  };
}

/** What n8n does for a helper that a Code node calls: its errors cross over as JSON. */
async function answer(
  say: (message: Message) => void,
  { name, params, ...ids }: Message,
  request: HttpRequest,
) {
  const response = { type: "broker:rpcresponse", taskId: ids.taskId, callId: ids.callId };
  try {
    if (name !== "helpers.httpRequest") throw new Error(`not expected: ${String(name)}`);
    const [options] = params as [object];
    say({ ...response, status: "success", data: await request(options) });
  } catch (data) {
    say({ ...response, status: "error", data });
  }
}

let tasks = 0;

function runTask(socket: WebSocket, offerId: unknown, code: string, mode: CodeMode): Promise<unknown[]> {
  const taskId = `task-${++tasks}`;
  const say = (message: Message): void => socket.send(JSON.stringify({ ...message, taskId }));
  return new Promise((resolve, reject) => {
    const onMessage = (data: unknown): void => {
      const message = JSON.parse(String(data)) as Message;
      if (message.taskId !== taskId) return;
      if (message.type === "runner:taskaccepted") {
        const chunk = mode === "runOnceForEachItem" ? { chunk: { startIndex: 0, count: 1 } } : {};
        const settings = { code, nodeMode: mode, workflowMode: "manual", continueOnFail: false, ...chunk };
        say({ type: "broker:tasksettings", settings });
      }
      if (message.type === "runner:taskdatarequest") {
        say({ type: "broker:taskdataresponse", requestId: message.requestId, data: workflowOf(code) });
      }
      if (message.type === "runner:nodetypesrequest") {
        say({ type: "broker:nodetypes", requestId: message.requestId, nodeTypes: [] });
      }
      if (message.type === "runner:taskerror") finish(() => reject(message.error));
      if (message.type === "runner:taskdone") {
        const { result } = message.data as { result: unknown };
        finish(() => resolve(itemsOf(result, "runOnceForAllItems")));
      }
    };
    const finish = (then: () => void): void => {
      socket.off("message", onMessage);
      then();
    };
    socket.on("message", onMessage);
    say({ type: "broker:taskofferaccept", offerId });
  });
}

/** A workflow of one Code node that got one item. */
function workflowOf(jsCode: string) {
  const node = {
    ...{ id: "1", name: "Code", type: "n8n-nodes-base.code", typeVersion: 2, position: [0, 0] },
    parameters: { jsCode },
  };
  const main = [[{ json: { prompt: "Say hello." } }]];
  return {
    workflow: { id: "1", name: "test", active: false, nodes: [node], connections: {}, settings: {} },
    inputData: { main },
    node,
    runExecutionData: { resultData: { runData: {} }, executionData: {} },
    ...{ runIndex: 0, itemIndex: 0, activeNodeName: "Code", contextNodeName: "Code", mode: "manual" },
    ...{ siblingParameters: {}, defaultReturnRunIndex: -1, selfData: {}, additionalData: {} },
    connectionInputSource: null,
  };
}

/** n8n's own HTTP helper, from where the runner's packages have it. */
function helperOf(folder: string): HttpRequest {
  const utils = join(folder, "node_modules/n8n-core/dist/execution-engine/node-execution-context/utils");
  const place = join(utils, "request-helper-functions.js");
  if (!existsSync(place)) throw new Error(`${place} is missing: another version of n8n-core?`);
  const { getRequestHelperFunctions } = createRequire(import.meta.url)(place) as {
    getRequestHelperFunctions(...args: object[]): { httpRequest: HttpRequest };
  };
  return getRequestHelperFunctions({}, {}, {}).httpRequest;
}

function end(runner: ChildProcess, then: () => void): void {
  runner.removeAllListeners("exit");
  runner.kill("SIGKILL");
  then();
}
