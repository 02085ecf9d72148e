// What Node.js loads before Pulumi's SDK, as Pulumi.yaml asks for. It leaves out what the SDK loads for others at every preview: to make
// text of a program's functions, a TypeScript compiler, npm's resolver of dependencies, and a debugger that is told of every file; to
// drive pulumi from a program, its automation; for compiled programs, source maps; and what measures a run, unless one is measured. A
// fifth of a preview's work.
import { createRequire } from "node:module";

const program = createRequire(import.meta.url);
const sdk = createRequire(program.resolve("@pulumi/pulumi"));

/** Whether somebody measures this run. */
const traced = "TRACEPARENT" in process.env || process.argv.some((word) => word.startsWith("--tracing"));

/** What measures a run. */
const tracers = [
  "exporter-zipkin",
  "instrumentation",
  "instrumentation-grpc",
  "resources",
  "sdk-trace-base",
  "sdk-trace-node",
];

/** What is left out, as the SDK names it, and what it finds in its place. */
export const leftOut = {
  ...(traced ? {} : Object.fromEntries(tracers.map((name) => [`@opentelemetry/${name}`, {}]))),
  typescript: {},
  "@npmcli/arborist": {},
  "normalize-package-data": {},
  "./automation": {},
  "./runtime/closure/v8Hooks": { isInitializedAsync: async () => {} },
  "source-map-support/register": {},
};

for (const [name, exports] of Object.entries(leftOut)) {
  let file;
  try {
    file = sdk.resolve(name);
  } catch {
    continue; // an SDK without it has nothing to be spared
  }
  const stub = Object.assign(new (program("node:module").Module)(file), { filename: file, loaded: true });
  sdk.cache[file] = Object.assign(stub, { exports });
}
