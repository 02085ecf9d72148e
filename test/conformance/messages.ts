/**
 * Plain values to protobuf messages and back, so that the tables of exchanges hold nothing but data. Fields are named
 * as the generated classes of `@pulumi/pulumi/proto` name them; case does not count in requests.
 */
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";

export type Fields = Record<string, unknown>;

/** Marks a value as secret, as it is marked on the wire. */
export const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});

/** A value that is not known before the update has run. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const requests = {
  handshake: providerMessages.ProviderHandshakeRequest,
  getSchema: providerMessages.GetSchemaRequest,
  checkConfig: providerMessages.CheckRequest,
  diffConfig: providerMessages.DiffRequest,
  configure: providerMessages.ConfigureRequest,
  invoke: providerMessages.InvokeRequest,
  check: providerMessages.CheckRequest,
  diff: providerMessages.DiffRequest,
  create: providerMessages.CreateRequest,
  read: providerMessages.ReadRequest,
  update: providerMessages.UpdateRequest,
  delete: providerMessages.DeleteRequest,
  cancel: empty.Empty,
  getPluginInfo: empty.Empty,
};

export type Method = keyof typeof requests;

/**
 * Makes a method's request; objects become protobuf structs.
 * @throws Error when the request has no such field: a typing mistake in a table must not pass unseen.
 */
export function toMessage(method: Method, fields: Fields): unknown {
  const message = new requests[method]();
  const setters = Object.getPrototypeOf(message) as Record<string, (this: unknown, value: unknown) => void>;
  for (const [name, value] of Object.entries(fields)) {
    const wanted = `set${name}${Array.isArray(value) ? "list" : ""}`.toLowerCase();
    const setter = Object.keys(setters).find((key) => key.toLowerCase() === wanted);
    if (!setter) throw new Error(`${method} has no field ${name}`);
    setters[setter]?.call(
      message,
      isObject(value) ? struct.Struct.fromJavaScript(value as JavaScript) : value,
    );
  }
  return message;
}

type JavaScript = Parameters<typeof struct.Struct.fromJavaScript>[0];

/** A message as plain values. Fields at their zero value are left out: on the wire they are the same as absent. */
export function toFields(message: unknown): Fields {
  const getters = Object.getPrototypeOf(message) as Record<string, (this: unknown) => unknown>;
  const fields: Fields = {};
  for (const [key, getter] of Object.entries(getters)) {
    const name = /^get([A-Z][a-z]\w*?)(List|Map)?$/.exec(key)?.[1];
    if (!name) continue;
    const value = toPlain(getter.call(message));
    if (!isZero(value)) fields[name.charAt(0).toLowerCase() + name.slice(1)] = value;
  }
  return fields;
}

function toPlain(value: unknown): unknown {
  if (value instanceof struct.Struct) return value.toJavaScript();
  if (Array.isArray(value)) return value.map(toPlain);
  if (isMap(value)) {
    const entries: [string, unknown][] = [];
    value.forEach((entry, key) => {
      entries.push([key, toPlain(entry)]);
    });
    return Object.fromEntries(entries);
  }
  return typeof value === "object" && value !== null ? toFields(value) : value;
}

/** A protobuf map field. */
function isMap(value: unknown): value is { forEach(visit: (entry: unknown, key: string) => void): void } {
  return typeof value === "object" && value !== null && "getEntryList" in value;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isZero(value: unknown): boolean {
  return (
    !value ||
    (Array.isArray(value) && value.length === 0) ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}
