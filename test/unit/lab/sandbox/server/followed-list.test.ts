// Does NOT prove what a real API server sends; the engine tests' sandboxes follow one.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Access } from "../../../../../cluster/api/kubeconfig.ts";
import { followList } from "../../../../../lab/sandbox/server/followed-list.ts";

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../../../lab/gateway/pod/${name}`, import.meta.url));
const object = (uid: string, value = "") => ({ metadata: { uid }, value });
const line = (type: string, changed: object): string => `${JSON.stringify({ type, object: changed })}\n`;
const list = (resourceVersion: string, ...items: object[]): string =>
  JSON.stringify({ metadata: { resourceVersion }, items });

describe("a list that is kept current", () => {
  let server: Server;
  let access: Access;
  const asked: string[] = [];
  /** What the next requests are answered by. */
  let answers: ((response: ServerResponse) => void)[] = [];

  beforeEach(async () => {
    asked.length = 0;
    const key = fixture("certificate-key.pem");
    server = createServer({ key, cert: fixture("certificate.pem") }, (request: IncomingMessage, response) => {
      asked.push(request.url ?? "");
      (answers.shift() ?? (() => {}))(response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const options = async () => ({ rejectUnauthorized: false });
    access = { server: new URL(`https://127.0.0.1:${port}`), isUnverified: true, options };
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Follows, and tells of changes one by one. */
  async function follow() {
    let count = 0;
    let wake = (): void => {};
    const items = await followList<ReturnType<typeof object>>(
      access,
      "/pods",
      { labelSelector: "a=b" },
      () => {
        count += 1;
        wake();
      },
    );
    const changes = async (wanted: number): Promise<string[]> => {
      while (count < wanted) await new Promise<void>((woken) => (wake = woken));
      return items().map(({ metadata, value }) => metadata.uid + value);
    };
    return { items, changes };
  }

  it("takes what is added, changed and removed, also where a message comes in parts", async () => {
    let watch: ServerResponse | undefined;
    answers = [
      (response) => response.end(list("7", object("a"), object("b"))),
      (response) => {
        watch = response;
        response.write(line("ADDED", object("c")));
      },
    ];
    const { items, changes } = await follow();
    assert.equal(items().length, 2);
    assert.deepEqual(await changes(2), ["a", "b", "c"]);
    assert.deepEqual(asked, [
      "/pods?labelSelector=a%3Db",
      "/pods?labelSelector=a%3Db&watch=1&resourceVersion=7",
    ]);
    const text = line("MODIFIED", object("a", "€")) + line("DELETED", object("b"));
    const bytes = Buffer.from(text);
    const middle = bytes.indexOf("€") + 1; // in the midst of a character
    watch?.write(bytes.subarray(0, middle));
    watch?.write(bytes.subarray(middle));
    assert.deepEqual(await changes(4), ["a€", "c"]);
  });

  it("is empty where it cannot be had, and asks again", async () => {
    answers = [
      (response) => response.writeHead(404).end("{}"),
      (response) => response.end(list("1", object("late"))),
    ];
    const { items, changes } = await follow();
    assert.deepEqual(items(), []);
    assert.deepEqual(await changes(1), ["late"]);
  });

  for (const [how, end] of Object.entries<(response: ServerResponse) => void>({
    "has ended": (response) => response.end(),
    "is cut off": (response) => response.destroy(),
    "is too far behind": (response) => response.write(line("ERROR", { code: 410 })),
  })) {
    it(`is read anew where its watch ${how}`, async () => {
      let watch: ServerResponse | undefined;
      answers = [
        (response) => response.end(list("1", object("old"))),
        (response) => {
          watch = response;
          response.write(line("ADDED", object("older")));
        },
        (response) => response.end(list("9", object("new"))),
      ];
      const { changes } = await follow();
      assert.deepEqual(await changes(2), ["old", "older"]);
      end(watch ?? assert.fail("nobody watches"));
      assert.deepEqual(await changes(3), ["new"]);
    });
  }
});
