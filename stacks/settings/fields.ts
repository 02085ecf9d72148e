// The kinds of value that settings are made of, each with what is allowed in plain words.
import { z } from "zod";
import { durationSeconds, quantityValue } from "../vocabulary/measures.ts";
import { adoptable } from "../vocabulary/objects.ts";
import { parseHostKey } from "./host-key.ts";

/** Says `missing` where a required value is not there, else what is allowed. */
function says(allowed: string) {
  return {
    error: (issue: { input?: unknown }) =>
      issue.input === undefined ? `is missing; it ${allowed}` : allowed,
  };
}

// `pulumi config set` writes every value as text, and YAML reads `4` and `true` as no text; a hand-written file and a
// `config set` mean the same. What has no plain meaning is left for the schema to refuse.
const asNumber = (value: unknown) =>
  typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
const asFlag = (value: unknown) => (value === "true" ? true : value === "false" ? false : value);
const asText = (value: unknown) =>
  typeof value === "number" || typeof value === "boolean" ? String(value) : value;

/** A value of one kind, read as it is meant. Reader and error are told of it in the same words. */
function told<Schema extends z.ZodType>(
  allowed: string,
  read: (value: unknown) => unknown,
  schema: (words: ReturnType<typeof says>) => Schema,
) {
  return z.preprocess(read, schema(says(allowed))).meta({ allowed });
}

/** A whole number within bounds, both included. */
export function wholeNumber(least: number, most: number) {
  return told(`must be a whole number from ${least} to ${most}`, asNumber, (words) =>
    z.int(words).min(least, words).max(most, words),
  );
}

/** A number within bounds, both included. */
export function number(least: number, most: number) {
  return told(`must be a number from ${least} to ${most}`, asNumber, (words) =>
    z.number(words).min(least, words).max(most, words),
  );
}

/** A switch. */
export function flag() {
  return told("must be true or false", asFlag, (words) => z.boolean(words));
}

/** Text that is not empty and holds no line break. */
export function text() {
  return textLike(/^(?!\s*$)[^\r\n]+$/, "must be text of one line, and not empty");
}

/** One of a few words. */
export function choice<const Words extends readonly string[]>(words: Words) {
  return told(`must be one of ${words.join(", ")}`, asText, (said) => z.enum(words, said));
}

/** A list, `what` being the plural of its elements' name. */
export function list<Element extends z.ZodType>(element: Element, what: string) {
  const allowed = `must be a list of ${what}`;
  return z.array(element, says(allowed)).meta({ allowed });
}

/** A name with an optional DNS name before it, as Kubernetes has it for labels and taints. */
const qualifiedName =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Names with text values, such as labels. */
export function textByName() {
  const allowed = "must be a mapping of labels' names to their values";
  const name = says("must be a label's name, such as nvidia.com/gpu");
  return z.record(z.string(name).regex(qualifiedName, name), labelValue, says(allowed)).meta({ allowed });
}

/** A group of settings; an unknown one among them is a fault. */
export function group<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, says(`must be a group of settings: ${Object.keys(shape).join(", ")}`));
}

/** Adds what a reader is told: what the setting is for, and how it may look. */
export function explain<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  more: { example?: unknown; default?: unknown } = {},
): Schema {
  const standard = more.default ?? (schema instanceof z.ZodDefault ? schema.parse(undefined) : undefined);
  return schema.meta({
    description,
    ...(standard === undefined ? {} : { default: standard }),
    ...(more.example === undefined ? {} : { examples: [more.example] }),
  }) as Schema;
}

function textLike(pattern: RegExp, allowed: string) {
  return told(allowed, asText, (words) => z.string(words).regex(pattern, words));
}

function checked(allowed: string, holds: (text: string) => boolean) {
  return told(allowed, asText, (words) => z.string(words).refine(holds, words));
}

/** Tells editors of text that YAML reads as a number where it looks like one: `4`, `12.4`. */
const orNumber = { type: ["string", "number"] };

/** A name that Kubernetes accepts for a namespace or a Service (RFC 1123 label). */
export const label = textLike(
  /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  "must be a Kubernetes name: at most 63 lower-case letters, digits and '-', with a letter or digit at both ends",
);

/** A DNS name (RFC 1123 subdomain), for example a host, a Secret or a ClusterIssuer. */
export const dnsName = textLike(
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  "must be a DNS name: at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
);

/** The name of a host in the DNS, for which a certificate can be made; neither an address nor `localhost`. */
export const hostName = textLike(
  /^(?=.{1,253}$)(?!(.*\.)?(\d+|localhost)$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
  "must be the DNS name of a host, without https:// and port: lower-case letters, digits, '-' and '.', at most 63 between two dots and 253 in all, and no address",
);

/** The value of a label. */
export const labelValue = textLike(
  /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/,
  "must be a label's value: at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends",
);

/** The key of a taint. */
export const taintKey = textLike(qualifiedName, "must be a taint's key, such as nvidia.com/gpu");

/** Name of a value within a Secret. */
export const secretKey = textLike(
  /^[-._a-zA-Z0-9]{1,253}$/,
  "must be a key of a Secret: letters, digits, '-', '_' and '.'",
);

/** Processor time: whole cores, or thousandths of one as `500m`. */
export const cpuQuantity = checked(
  "must be an amount of CPU above 0, such as 500m or 4",
  (text) => /^\d+(\.\d{1,3}|m)?$/.test(text) && quantityValue(text) > 0,
).meta(orNumber);

/** Bytes as a Kubernetes quantity; whoever writes less than 1 MiB has left out the unit. */
export const byteQuantity = checked(
  "must be an amount of bytes of at least 1Mi, such as 512Mi or 16Gi",
  (text) => quantityValue(text) >= 1024 ** 2,
).meta(orNumber);

/** A span of time as Go writes it. @param least in the same form */
export function duration(least: string) {
  return checked(
    `must be a duration in hours, minutes and seconds of at least ${least}, such as 720h or 1h30m`,
    (text) => durationSeconds(text) >= durationSeconds(least),
  );
}

/** A CUDA version of two parts. */
export const cudaVersion = textLike(/^\d{1,4}\.\d{1,4}$/, "must be a CUDA version such as 12.4").meta(
  orNumber,
);

/** A version of the NVIDIA driver. */
export const driverVersion = textLike(
  /^\d{1,9}\.\d{1,9}(\.\d{1,9})?$/,
  "must be a driver version such as 535.274.02",
).meta(orNumber);

/** A version of NVIDIA's container toolkit. */
export const toolkitVersion = textLike(
  /^\d{1,9}\.\d{1,9}(\.\d{1,9})?$/,
  "must be a toolkit version such as 1.18.1",
).meta(orNumber);

/** A version of the engine. */
export const engineVersionText = textLike(
  /^\d+\.\d+\.\d+(\.post\d+)?$/,
  "must be an engine version of three parts, such as 0.8.5 or 0.8.5.post1",
);

/** An image without tag and digest. */
export const imageRepository = textLike(
  /^[a-z0-9]+([._-]+[a-z0-9]+)*(\.[a-z0-9-]+)*(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
  "must be an image's name in lower case without tag and digest, such as vllm/vllm-openai",
);

/** The tag of an image. */
export const imageTag = textLike(
  /^[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}$/,
  "must be an image tag: at most 128 letters, digits, '_', '-' and '.'",
);

/** What pins an image. */
export const imageDigest = textLike(/^sha256:[0-9a-f]{64}$/, "must be sha256: and 64 hexadecimal digits");

/** An address range in CIDR form, IPv4 or IPv6. */
export const addressRange = z.union(
  [z.cidrv4(), z.cidrv6()],
  says("must be an address range such as 192.168.0.0/16 or fd00::/8"),
);

/** An absolute path on the node. */
export const absolutePath = textLike(
  /^\/((?!\.{1,2}(\/|$))[^\s:/]+(\/|$))*$/,
  "must be an absolute path without blanks, ':', '//', '.' and '..', such as /var/lib/vllm/huggingface",
);

/**
 * A file of this machine, in full or from the home folder on: pulumi's program, its provider and `gpu-mode` each run in another
 * folder, and a relative path would be another file to each.
 */
export const localFile = textLike(
  /^(~\/|\/)[^\r\n]*[^\r\n/]$/,
  "must be the whole path of a file, or begin with '~/', such as ~/.kube/config",
);

/** A path of a URL; what Traefik's rules quote cannot stand in it. */
export const urlPath = textLike(
  /^\/[^\s`?#]*$/,
  "must be the path of a URL, starting with '/' and without blanks, '`', '?' and '#'",
);

/**
 * The URL of a server. Nothing of the API is in its path, as that is added to it, and no slash at its end; no name and
 * password, as whoever may read ConfigMaps would read them.
 */
export const serverUrl = checked(
  "must be the URL of a server without /api, name and password, such as http://ollama.ml.svc.cluster.local:11434",
  (text) =>
    /^https?:\/\/[^\s'/?#@]+(\/[^\s'?#]*[^\s'?#/])?$/.test(text) &&
    !/\/(api|v1)(\/|$)/.test(text) &&
    URL.canParse(text),
);

/** A website by its origin, as a browser sends it: scheme, host and port, no path. `*` is every website. */
export const webOrigin = checked(
  "must be a website's origin such as https://chat.home.example.org, without a path, or *",
  (text) => text === "*" || (/^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text),
);

/** A repository of Hugging Face, by the rules that its own client has for such a name. */
export const repositoryId = checked(
  "must be a Hugging Face id such as Qwen/Qwen2.5-7B-Instruct-AWQ: letters, digits, '-', '_' and '.', at most 96",
  (text) => /^(?=.{1,96}$)\w([\w.-]*\w)?(\/\w([\w.-]*\w)?)?$/.test(text) && !/--|\.\.|\.git$/.test(text),
);

/** A state of a repository that cannot change, as a branch or a tag can. */
export const commitHash = textLike(
  /^[0-9a-f]{40}$/,
  "must be a commit of the repository: 40 hexadecimal digits in lower case",
);

/** A name that is a value of one of the server's flags. */
export const flagValue = textLike(/^\w[\w.-]*$/, "must be one word of letters, digits, '-', '_' and '.'");

/** An object that the platform may take over, by kind and name. */
export const adoptableObject = choice(adoptable);

/** A host by DNS name or by address. */
export const hostOrAddress = textLike(
  /^(?!-)[A-Za-z0-9.:_-]{1,253}$/,
  "must be a host's name or address, such as 192.0.2.25, without a port",
);

/** Name of a user on a Linux machine. */
export const userName = textLike(
  /^[a-z_][-a-z0-9_.]{0,31}$/,
  "must be the name of a user: at most 32 lower-case letters, digits, '-', '_' and '.'",
);

/** The public host key of an SSH server. */
export const hostKeyLine = checked(
  "must be a public host key such as `ssh-ed25519 AAAAC3…`, as ssh-keyscan prints it",
  (text) => parseHostKey(text) !== undefined,
);

/** An object, or a field of one, as `gpu-mode drift` names it. */
export const driftPath = textLike(
  /^[A-Z][A-Za-z]+\/[^\s:]+(:\S(.*\S)?)?$/,
  "must be an object as Kind/name, or Kind/name:field, as `gpu-mode drift` names both",
);
