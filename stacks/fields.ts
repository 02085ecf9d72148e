import { z } from "zod";

/**
 * `pulumi config set` writes every value as text, and the engine hands objects over as JSON. These read a
 * top-level value from either form, so that a hand-written file and a `config set` mean the same.
 */
function fromText<Schema extends z.ZodType>(isText: (text: string) => boolean, schema: Schema) {
  return z.preprocess((value) => {
    if (typeof value !== "string" || !isText(value.trim())) {
      return value;
    }
    try {
      return JSON.parse(value);
    } catch {
      return value; // not JSON after all: the schema says what it wanted
    }
  }, schema);
}

/** A number, also when written as text. */
export function numberField<Schema extends z.ZodType>(schema: Schema) {
  return fromText((text) => /^-?\d+(\.\d+)?$/.test(text), schema);
}

/** `true` or `false`, also when written as text. */
export function booleanField() {
  return fromText((text) => text === "true" || text === "false", z.boolean());
}

/** An object or a list, also when handed over as JSON. */
export function structuredField<Schema extends z.ZodType>(schema: Schema) {
  return fromText((text) => text.startsWith("{") || text.startsWith("["), schema);
}

/** A name that Kubernetes accepts for a namespace or a Service (RFC 1123 label). */
export const label = z
  .string()
  .max(63, "must have at most 63 characters")
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    "must be lower-case letters, digits and '-', as Kubernetes wants a name",
  );

/** A DNS name (RFC 1123 subdomain), for example a host or a ClusterIssuer. */
export const dnsName = z
  .string()
  .max(253, "must have at most 253 characters")
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    "must be a DNS name: lower-case letters, digits, '-' and '.'",
  );

/** A Kubernetes quantity in its canonical form: `500m`, `4`, `16Gi`. */
export const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, "must be a Kubernetes quantity such as 500m, 4 or 16Gi");

/** An address range in CIDR form, IPv4 or IPv6. */
export const addressRange = z.union([z.cidrv4(), z.cidrv6()], {
  error: "must be an address range such as 192.168.0.0/16 or fd00::/8",
});

/** An absolute path on the node or on the route. */
export const absolutePath = z.string().regex(/^\/\S*$/, "must be an absolute path, starting with '/'");
