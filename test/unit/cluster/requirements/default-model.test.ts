// Does NOT prove what a real Ollama tells of a model; tests on a real one do.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { ApiError, type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { checkDefaultModel } from "../../../../cluster/requirements/default-model.ts";
import { plan } from "./cases.ts";
import { withGateway } from "./gateway-cases.ts";

const ready = {
  items: [{ metadata: { name: "ollama-0" }, status: { conditions: [{ type: "Ready", status: "True" }] } }],
};
const make =
  "Make it: `kubectl exec -n ml ollama-0 -- sh -c \"printf 'FROM llama3.2:1b\\nPARAMETER num_ctx 8192\\n' > /tmp/default && ollama pull llama3.2:1b && ollama create default -f /tmp/default\"`; by Ollama's chart, ollama.models.create with that name and text keeps it made, and so does gateway.ollama.createModel: true";
const byHand = "Ask by hand: `kubectl exec -n ml deploy/ollama -- ollama show default`";

describe("the look at Ollama's model", () => {
  /** An Ollama that answers so, behind an API server that forwards to it. */
  async function told(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    api: Partial<ClusterApi> = {},
  ) {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      return await checkDefaultModel(withGateway(plan), {
        get: async () => ready,
        connect: async () => connect(port, "127.0.0.1"),
        ...api,
      } as unknown as ClusterApi);
    } finally {
      server.close();
    }
  }
  const shown = (parameters?: string) => (_: IncomingMessage, response: ServerResponse) =>
    response.end(JSON.stringify({ parameters }));
  const notFound = (_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end("{}");

  it("is for plans with a gateway", async () => {
    assert.deepEqual(await checkDefaultModel(plan, {} as ClusterApi), []);
  });

  it("asks for the alias, and is content with its context", async () => {
    let asked = "";
    const [finding] = await told((request, response) => {
      asked = `${request.method} ${request.url}`;
      shown('stop    "<|eot_id|>"\nnum_ctx    16384')(request, response);
    });
    assert.equal(asked, "POST /api/show");
    assert.deepEqual(finding, {
      item: "Ollama's model",
      state: "ok",
      found: "default, with a context of 16384 tokens",
    });
  });

  it("says the command that makes it where there is none, or one with too little context", async () => {
    const warned = async (...answer: Parameters<typeof told>) => {
      const [finding] = await told(...answer);
      assert.equal(finding?.state, "warning");
      assert.equal(finding.fix, make);
      return finding.found;
    };
    assert.equal(
      await warned(notFound),
      "ollama-0 has no model default, so clients get 404 while the GPU is away",
    );
    assert.equal(
      await warned(shown("num_ctx 4096")),
      "default has a context of 4096 tokens, below 8192 (gateway.ollama.contextTokens)",
    );
    assert.equal(
      await warned(shown()),
      "default has no context of its own, and Ollama's default is short, below 8192 (gateway.ollama.contextTokens)",
    );
  });

  it("says why it was not asked", async () => {
    const why = async (api: Partial<ClusterApi>, answer: Parameters<typeof told>[0] = notFound) => {
      const [finding] = await told(answer, api);
      assert.deepEqual([finding?.state, finding?.fix], ["unknown", byHand]);
      return finding?.found;
    };
    assert.equal(await why({ get: async () => undefined }), "not asked for: no pod of Ollama is ready");
    const forbidden = Promise.reject(new ApiError(403, "Forbidden", "it is forbidden"));
    assert.equal(
      await why({ connect: () => forbidden }),
      "not asked for: these credentials may not forward ports to pods in ml: allow `create` and `get` on pods/portforward",
    );
    const broken = (_: IncomingMessage, response: ServerResponse) => response.writeHead(500).end();
    assert.equal(await why({}, broken), "not asked for: ollama-0 answered 500");
  });

  it("is an error where the cluster does not answer", async () => {
    const get = () => Promise.reject(new UnreachableError("no answer"));
    await assert.rejects(told(notFound, { get }), UnreachableError);
  });
});
