// Does NOT prove that vLLM answers this way: real.test.ts asks a real one the same.

import { realVllms } from "../../lab/real-vllm/packages.ts";
import { choosePorts } from "../../lab/sandbox/base/ports.ts";
import { readServerArguments } from "../../lab/sandbox/stub/interface/arguments.ts";
import { createStubServer, type StubServer } from "../../lab/sandbox/stub/server.ts";
import type { About } from "./case.ts";
import { casesFor, check } from "./suite.ts";

/** The default image's, and the newest that a real server can be made of. */
const versions = new Set(["0.8.5.post1", ...Object.values(realVllms).map(({ version }) => version)]);

for (const version of versions) {
  describe(`the stub as vLLM ${version}`, () => {
    const about: About = { version, names: ["a/model", "default"], length: 8192, apiKey: "k" };
    let url = "";
    let stub: StubServer;
    before(async () => {
      const { stub: port } = await choosePorts();
      url = `http://127.0.0.1:${port}`;
      stub = createStubServer(port);
      const args = readServerArguments([
        ...["--model", "a/model", "--served-model-name", ...about.names],
        ...["--max-model-len", String(about.length), "--api-key", "k"],
      ]);
      await stub.serve({ ...args, created: 1_700_000_000, version });
    });
    after(() => stub.serve(undefined));
    for (const one of casesFor(about)) it(one.title, () => check(url, about, one));
  });
}
