// Does NOT prove that Traefik reads the rule so; it knows more matchers, which the platform's rule does not use.
import assert from "node:assert/strict";
import { join } from "node:path";
import { platformNames } from "../../../../../lab/sandbox/base/platform-names.ts";
import { letsIn } from "../../../../../lab/sandbox/server/route.ts";
import { planFromFiles } from "../../../../../stacks/index.ts";
import { names } from "../../../../../stacks/vocabulary/names.ts";

describe("what the URL takes the public route to let in", () => {
  it("is what the plan's rule does", () => {
    const { route } = planFromFiles(join(import.meta.dirname, "../../../../.."), "ml");
    const { rule } = route ?? assert.fail("mode ml has no route");
    const paths = [
      "/v1/models",
      "/v1/models/",
      "/docs",
      "/health",
      "/v1",
      "/docs/",
      "/metrics",
      "/invocations",
    ];
    assert.deepEqual(
      paths.filter((path) => letsIn(rule, path)),
      ["/v1/models", "/v1/models/", "/docs", "/health"],
    );
  });

  it("is known by the platform's own name for the route", () => {
    assert.equal(platformNames.route, names.httpsRoute);
  });
});
