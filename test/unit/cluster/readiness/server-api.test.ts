// Does NOT prove the way through the API server, which the engine tests go; here a connection leads to the server at once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { ApiError, type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { askServer, explain } from "../../../../cluster/readiness/answer.ts";
import { readLog, readModels } from "../../../../cluster/readiness/server-api.ts";

describe("the question for the served names", () => {
  const key = "sk-test";
  let server: Server;
  let opened: Socket[];
  let status: number;
  let asksForKey: boolean;

  before(async () => {
    server = createServer(({ headers, url }, response) => {
      assert.equal(url, "/v1/models");
      const known = !asksForKey || headers.authorization === `Bearer ${key}`;
      response
        .writeHead(known ? status : 401)
        .end(JSON.stringify({ data: known ? [{ id: "a" }, { id: "b" }] : [] }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });

  beforeEach(() => {
    opened = [];
    status = 200;
    asksForKey = true;
  });

  after(() => server.close());

  const api = {
    connect: async (path: string) => {
      assert.equal(path, "/api/v1/namespaces/ml/pods/x/portforward?ports=8000");
      const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
      opened.push(socket);
      await once(socket, "connect");
      return socket;
    },
    get: async () => ({ data: { "api-key": Buffer.from(key).toString("base64") } }),
  } as unknown as ClusterApi;

  it("is asked again with the cluster's key where the server wants one, and leaves no connection open", async () => {
    assert.deepEqual(await readModels(api, "x"), { names: ["a", "b"], isOpen: false });
    assert.deepEqual(
      opened.map(({ destroyed }) => destroyed),
      [true, true],
    );
  });

  it("tells that a server answered without a key, and asks it once", async () => {
    asksForKey = false;
    assert.deepEqual(await readModels(api, "x"), { names: ["a", "b"], isOpen: true });
    assert.equal(opened.length, 1);
  });

  it("says that the cluster holds no usable key, and sends none", async () => {
    for (const [held, fault] of [
      [{}, "no api-key"],
      [{ "api-key": "" }, "empty"],
      [
        { "api-key": Buffer.from("sk\n").toString("base64") },
        "a blank, a line break or another character that no key may have",
      ],
    ] as const) {
      const get = async () => ({ data: held });
      await assert.rejects(readModels({ ...api, get } as unknown as ClusterApi, "x"), {
        message: `it asks for a key, and Secret vllm-api-key holds no usable one (${fault})`,
      });
    }
  });

  it("tells the status of any other answer, and leaves no connection open", async () => {
    status = 503;
    await assert.rejects(readModels(api, "x"), { message: "/v1/models answered 503" });
    assert.deepEqual(
      opened.map(({ destroyed }) => destroyed),
      [true, true],
    );
  });

  it("names the right that is missing, and that asking again is of no use", async () => {
    const forbidden = async () => Promise.reject(new ApiError(403, "Forbidden", "pods is forbidden"));
    const noForward = { ...api, connect: forbidden } as unknown as ClusterApi;
    assert.deepEqual(await askServer(noForward, "x"), {
      why: "these credentials may not forward ports to pods in ml: allow `create` and `get` on pods/portforward",
      isFinal: true,
    });
    const noSecret = { ...api, get: forbidden } as unknown as ClusterApi;
    assert.deepEqual(await askServer(noSecret, "x"), {
      why: "these credentials may not read Secret vllm-api-key in ml: allow `get` on it",
      isFinal: true,
    });
    const busy = async () => Promise.reject(new UnreachableError("https://c answers 503: later"));
    assert.deepEqual(await askServer({ ...api, connect: busy } as unknown as ClusterApi, "x"), {
      why: "the server does not answer: https://c answers 503: later",
      isFinal: false,
    });
  });
});

describe("the explanation of a pod that failed", () => {
  const failed = {
    state: "failed",
    detail: "the server ended with exit code 1",
    log: { pod: "x", container: "vllm", previous: true },
  } as const;
  const saying = (text: () => Promise<string>): ClusterApi => ({ text }) as unknown as ClusterApi;

  it("ends with what it printed, or says that this may not be read", async () => {
    assert.equal(
      await explain(
        saying(async () => "one\ntwo\n"),
        failed,
      ),
      "the server ended with exit code 1; its last line: two",
    );
    assert.equal(
      await explain(
        saying(async () => Promise.reject(new ApiError(403, "Forbidden", "no"))),
        failed,
      ),
      "the server ended with exit code 1; what it printed is not known, as these credentials may not read the logs of pods in ml: allow `get` on pods/log",
    );
    assert.equal(
      await explain(
        saying(async () =>
          Promise.reject(new ApiError(400, "BadRequest", "previous terminated container not found")),
        ),
        failed,
      ),
      "the server ended with exit code 1",
    );
  });

  it("has what the failed run printed, also where the kubelet has started the next one meanwhile", async () => {
    const log = { pod: "x", container: "vllm", previous: false, restarts: 0 } as const;
    const none = new ApiError(400, "BadRequest", "previous terminated container not found");
    for (const [present, again, previous, expected] of [
      ["of the failed run\n", [0], none, "its last line: of the failed run"],
      ["of the next\n", [1], "of the one before\n", "its last line: of the one before"],
      ["", [0, 0, 1], "of the one before\n", "its last line: of the one before"],
      // The kubelet, which gives the logs, knows it a moment before the cluster.
      ["of the next\n", [0], "of the one before\n", "its last line: of the one before"],
    ] as const) {
      const restarts = [...again];
      const api = {
        text: async (path: string) => {
          if (path.includes("previous=true") && previous instanceof ApiError) throw previous;
          return path.includes("previous=true") ? previous : present;
        },
        get: async () => ({
          status: { containerStatuses: [{ name: "vllm", restartCount: restarts.shift() ?? 0 }] },
        }),
      } as unknown as ClusterApi;
      const detail = `${failed.detail}; ${expected}`;
      assert.equal(await explain(api, { ...failed, log }), detail);
    }
  });

  it("has the supervisor's reason once, with what it means, also where no log may be read", async () => {
    const reason = "vllm-platform: the engine is stuck: for 47 s it has not gone on with any request";
    const stuck = { ...failed, detail: `the server ended with exit code 92; it printed: ${reason}` };
    const unread = async () => Promise.reject(new ApiError(403, "Forbidden", "no"));
    for (const text of [async () => `INFO: one\n${reason}\n`, unread]) {
      assert.equal(
        await explain(saying(text), stuck),
        `the server's engine hung while requests waited (${stuck.detail}). Look on the node whether nvidia-smi answers, and for Xid errors with dmesg; then restart it`,
      );
    }
  });

  it("prefers what the engine said before it died to the supervisor's reason", async () => {
    const died = { ...failed, detail: "the server ended with exit code 91" };
    const log = "CUDA error: out of memory\nvllm-platform: the engine has died: its process 7 has ended\n";
    assert.match(
      await explain(
        saying(async () =>
          log.replace("CUDA error: out of memory", "torch.OutOfMemoryError: CUDA out of memory"),
        ),
        died,
      ),
      /^the card's memory ran out/,
    );
  });

  it("asks for that container's last lines alone", async () => {
    const asked: string[] = [];
    const text = async (path: string): Promise<string> => {
      asked.push(path);
      return "";
    };
    await readLog({ text } as unknown as ClusterApi, failed.log);
    assert.deepEqual(asked, [
      "/api/v1/namespaces/ml/pods/x/log?container=vllm&previous=true&tailLines=200&limitBytes=1048576",
    ]);
  });
});
