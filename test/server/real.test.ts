// Does NOT prove anything of a GPU or of a real model's answers; without a real server it proves nothing.
import assert from "node:assert/strict";
import type { About } from "./case.ts";
import { casesFor, check } from "./suite.ts";

const url = process.env.VLLM_PLATFORM_REAL_SERVER || undefined;
const apiKey = process.env.VLLM_PLATFORM_REAL_SERVER_KEY || undefined;

if (url === undefined) {
  describe("a real vLLM", () => {
    it("is asked only where VLLM_PLATFORM_REAL_SERVER names one; see lab/real-vllm/README.md");
  });
} else {
  // Which cases there are depends on the server's version.
  const about = await aboutServer(url);
  describe(`a real vLLM ${about.version}`, function () {
    this.timeout(60_000);
    for (const one of casesFor(about)) it(one.title, () => check(url, about, one));
  });
}

async function aboutServer(server: string): Promise<About> {
  const headers = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(server + path, { headers });
    assert.equal(response.status, 200, `${server}${path} answers ${response.status}`);
    return response.json();
  };
  const { version } = (await get("/version")) as { version: string };
  const { data } = (await get("/v1/models")) as { data: { id: string; max_model_len: number }[] };
  const [first, ...others] = data;
  assert.ok(first !== undefined, `${server} serves no model`);
  return { version, names: [first.id, ...others.map(({ id }) => id)], length: first.max_model_len, apiKey };
}
