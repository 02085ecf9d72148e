// Does NOT prove in which words an API server refuses; test/engine/rights.test.ts asks one.
import assert from "node:assert/strict";
import { allAnswers, refusalsIn } from "../../../../cluster/api/all-answers.ts";
import { ApiError, type ClusterApi, UnreachableError } from "../../../../cluster/api/index.ts";
import { readLive } from "../../../../cluster/claim/read.ts";
import {
  apiKeyObject,
  claimObject,
  namespaceObject,
  objectPath,
} from "../../../../stacks/vocabulary/objects.ts";

const refused = (message: string) => new ApiError(403, "Forbidden", message);
const later = async <Value>(milliseconds: number, answer: () => Value): Promise<Value> => {
  await new Promise((wake) => setTimeout(wake, milliseconds));
  return answer();
};
const fails = (error: Error) => () => {
  throw error;
};

/** What was thrown, as the messages of its refusals. */
async function refusals(asked: Promise<unknown>): Promise<string[]> {
  const error = await asked.then(
    () => assert.fail("it was allowed"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ApiError);
  assert.equal(error.code, 403);
  const found = refusalsIn(error).map(({ message }) => message);
  assert.equal(error.message, found.join("; "));
  return found;
}

describe("the answers of all questions", () => {
  it("are given in the order of the questions", async () => {
    assert.deepEqual(await allAnswers([later(2, () => 1), later(0, () => "a"), undefined]), [
      1,
      "a",
      undefined,
    ]);
  });

  it("are every refusal where some are refused, in that order whichever came first, each once", async () => {
    const one = later(2, fails(refused("one")));
    const inner = allAnswers([later(1, fails(refused("two"))), Promise.reject(refused("one"))]);
    assert.deepEqual(await refusals(allAnswers([one, inner, later(0, fails(refused("three")))])), [
      "one",
      "two",
      "three",
    ]);
    assert.deepEqual(await refusals(allAnswers([1, later(0, fails(refused("alone")))])), ["alone"]);
  });

  it("are not waited for where nothing answers", async () => {
    const never = new Promise(() => {});
    await assert.rejects(
      allAnswers([never, later(0, fails(new UnreachableError("gone"))), Promise.reject(refused("no"))]),
      new UnreachableError("gone"),
    );
  });
});

describe("what a cluster holds, where reading is refused", () => {
  const api = {
    get: async (path: string) => fails(refused(path))(),
  } as unknown as ClusterApi;

  it("is every refusal of what is needed", async () => {
    const [claim, key] = [claimObject, apiKeyObject].map(objectPath);
    const found = await refusals(readLive(api, [apiKeyObject], [namespaceObject]));
    assert.equal(found.length, 3);
    assert.deepEqual([found[0], found[2]], [claim, key]);
  });

  it("is known to be not known of what is not needed", async () => {
    const mild = {
      get: async (path: string) =>
        path === objectPath(namespaceObject) ? fails(refused("no"))() : undefined,
    } as unknown as ClusterApi;
    const live = await readLive(mild, [], [namespaceObject, apiKeyObject]);
    assert.equal(live.refusal(namespaceObject)?.message, "no");
    assert.equal(live.refusal(apiKeyObject), undefined);
    assert.equal(live.of(namespaceObject), undefined);
  });
});
