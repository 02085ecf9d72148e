// Does NOT prove anything of the stub or the cluster: a server on loopback and a script play them.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { waitForAnswer } from "../../../../../lab/sandbox/server/answer.ts";
import { Folder } from "../fixtures.ts";

describe("waiting for the server's answer", () => {
  let folder: Folder;
  let server: Server;
  let answers: [number, object][];
  let url: string;
  beforeEach(async () => {
    folder = new Folder();
    server = createServer((_request, response) => {
      const [status, body] = (answers.length > 1 ? answers.shift() : answers[0]) ?? [500, {}];
      response.writeHead(status).end(JSON.stringify(body));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    folder.remove();
  });

  it("shows why there is none yet, and ends with the models", async () => {
    answers = [
      [503, { error: "pod a is loading" }],
      [200, { data: [{ id: "a/model" }, { id: "default" }] }],
    ];
    const notes: string[] = [];
    const answer = await waitForAnswer(folder.playKubectl("printf 1"), url, (text) => notes.push(text));
    assert.deepEqual(answer, { serves: ["a/model", "default"] });
    assert.deepEqual(notes, ["pod a is loading"]);
  });

  it("takes a refusal for the want of an API key as an answer", async () => {
    answers = [[401, { error: "Unauthorized" }]];
    assert.deepEqual(await waitForAnswer(folder.playKubectl("printf 1"), url, () => {}), { wantsKey: true });
  });

  it("waits until no pod is left where none is wanted", async () => {
    answers = [[503, {}]];
    const notes: string[] = [];
    const access = folder.playKubectl(
      `case "$2" in deployment) printf 0;; *) if [ -e ${folder.dir}/asked ]; then exit 0; fi; touch ${folder.dir}/asked; echo pod/old;; esac`,
    );
    assert.deepEqual(await waitForAnswer(access, url, (text) => notes.push(text)), { free: true });
    assert.deepEqual(notes, ["pod/old is still ending"]);
  });

  it("ends with its signal's reason", async () => {
    answers = [[503, { error: "never" }]];
    const abort = new AbortController();
    const access = { ...folder.playKubectl("printf 1"), signal: abort.signal };
    const waiting = waitForAnswer(access, url, () => abort.abort(new Error("stopped")));
    await assert.rejects(waiting, /stopped/);
  });
});
