// Does NOT prove what Traefik lets in, nor which addresses it sees.
import assert from "node:assert/strict";
import { openRanges } from "../../../../stacks/cautions/exposure.ts";
import { cautionText, exposureCautions } from "../../../../stacks/cautions/index.ts";
import { settingsOf } from "../support.ts";

const told = (route: object, more: object = {}) =>
  exposureCautions(settingsOf({ route, ...more })).map(cautionText);

describe("address ranges that are the internet", () => {
  const open = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "64.0.0.0/7", "::/0", "2000::/3", "8000::/1"];
  const mapped = ["::ffff:0:0/96", "0:0:0:0:0:ffff::/96", "::ffff:0:0/100"];
  const own = ["10.0.0.0/8", "203.0.113.7/32", "80.0.0.0/8", "fc00::/7", "fd00::/8", "2a00::/16", "::1/128"];

  for (const range of [...open, ...mapped]) {
    it(`${range} is named`, () => {
      assert.deepEqual(openRanges(settingsOf({ route: { allowedRanges: ["10.0.0.0/8", range] } })), [range]);
    });
  }

  it("are not those that somebody has", () => {
    assert.deepEqual(
      openRanges(settingsOf({ route: { allowedRanges: [...own, "::ffff:10.0.0.0/104"] } })),
      [],
    );
    assert.deepEqual(openRanges(settingsOf({})), []);
  });

  it("are told with both halves of a union, and with what a key still does", () => {
    const allowedRanges = ["0.0.0.0/1", "128.0.0.0/1"];
    assert.deepEqual(told({ allowedRanges }), [
      "route.allowedRanges holds 0.0.0.0/1, 128.0.0.0/1, so the whole internet may use the server without a key. Name the ranges of those who are meant, or ask for a key (`apiKey: true`)",
    ]);
    assert.deepEqual(told({ allowedRanges }, { apiKey: true }), [
      "route.allowedRanges holds 0.0.0.0/1, 128.0.0.0/1, so the whole internet may use the server that has the key. Name the ranges of those who are meant",
    ]);
  });
});

describe("paths that answer without a key", () => {
  it("are named, wherever a list lets them in", () => {
    const fix = "Name only what clients need in route.paths and route.pathPrefixes, such as /v1/";
    assert.deepEqual(told({ paths: ["/metrics"] }), [
      `the route lets in /metrics, which answers without a key. ${fix}`,
    ]);
    assert.deepEqual(told({ pathPrefixes: ["/"] }, { apiKey: true }), [
      `the route lets in /invocations, /tokenize, /detokenize and 8 more, which answer without a key, although apiKey is true. ${fix}`,
    ]);
    assert.deepEqual(told({ pathPrefixes: ["/v1/", "/inv"] }), [
      `the route lets in /invocations, which answers without a key. ${fix}`,
    ]);
  });

  it("are none of those that the route lets in by default", () => {
    assert.deepEqual(told({}), []);
  });
});

it("every website is named where the route lets each of them in, and none where it names its own", () => {
  assert.deepEqual(told({ allowedOrigins: ["*"] }), [
    "route.allowedOrigins holds *, so any website that somebody in route.allowedRanges opens may use the server from their browser. Name the websites that are meant, such as https://chat.home.example.org",
  ]);
  assert.deepEqual(told({ allowedOrigins: ["https://chat.home.example.org"] }), []);
});

it("a route that is closed opens nothing", () => {
  assert.deepEqual(told({ enabled: false, allowedRanges: ["0.0.0.0/0"], pathPrefixes: ["/"] }), []);
});

describe("a gateway", () => {
  const gateway = { enabled: true, host: "llm.home.example.org" };
  const told = (more: object, apiKey = false) =>
    exposureCautions(settingsOf({ route: { enabled: false }, gateway: { ...gateway, ...more }, apiKey })).map(
      cautionText,
    );

  it("is said to let in pods that the NetworkPolicy does not, and what a key does about it", () => {
    assert.deepEqual(told({}), [
      "the gateway lets in every pod of the cluster whose address is in gateway.allowedRanges, whatever access.namespaces says. Leave the pods' range out of gateway.allowedRanges where not all of them are meant, or ask for a key (`apiKey: true`), which holds while the GPU is there",
    ]);
    assert.deepEqual(told({}, true), [
      "the gateway lets in every pod of the cluster whose address is in gateway.allowedRanges, whatever access.namespaces says; while the GPU is away nobody is asked for the key. Leave the pods' range out of gateway.allowedRanges where not all of them are meant",
    ]);
  });

  it("that is open to the internet is named by its own setting", () => {
    assert.match(
      told({ allowedRanges: ["0.0.0.0/0"] })[0] ?? "",
      /^gateway\.allowedRanges holds 0\.0\.0\.0\/0, so/,
    );
    assert.deepEqual(told({ enabled: false, allowedRanges: ["0.0.0.0/0"] }), []);
  });
});
