/** What all tables of `command:local:Command` use. */
import type { Exchange } from "../exchange.ts";

export const urn = "urn:pulumi:dev::conformance::command:local:Command::probe";

/** The id of a new resource: its name and eight hexadecimal digits. */
export const newId = /^probe[0-9a-f]{8}$/;

export type Shown = NonNullable<Exchange["logs"]>;

/** Lines that the plugin shows beside the resource while a command runs. */
export const shown = (...lines: (string | RegExp)[]): Shown =>
  lines.map((message) => ({ severity: "info", message, urn, ephemeral: true }));
