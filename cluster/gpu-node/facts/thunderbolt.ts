/** Thunderbolt enclosures, by bolt's command line and by the kernel's own files. */
import type { Section } from "./answer.ts";
import type { Enclosure, Known } from "./facts.ts";

/** Bolt's answer where there is one, since it knows devices that are unplugged and what they are called; else the kernel's. */
export function readEnclosures(bolt: Section | undefined, kernel: Section | undefined): Known<Enclosure[]> {
  const byBolt = readBoltctl(bolt);
  const byKernel = readSysfs(kernel);
  if (byBolt.value === undefined) {
    return byKernel;
  }
  return byBolt.value.length === 0 && byKernel.value !== undefined ? byKernel : byBolt;
}

/** `boltctl list`: a device begins with its name behind a dot, its fields are drawn as a tree below it. */
function readBoltctl(section: Section | undefined): Known<Enclosure[]> {
  if (section === undefined || section.status !== 0) {
    return { why: "boltctl does not answer" };
  }
  const found: { name: string; fields: Map<string, string> }[] = [];
  for (const line of section.text.split("\n")) {
    const [, name] = /^ *[●○] *(.+?)\s*$/u.exec(line) ?? [];
    const [, key, value] = /^[ │├└─]*[├└]─+ *([a-z ]+): *(.*?)\s*$/u.exec(line) ?? [];
    if (name !== undefined) {
      found.push({ name, fields: new Map() });
    } else if (key !== undefined && !found.at(-1)?.fields.has(key)) {
      found.at(-1)?.fields.set(key, value ?? "");
    }
  }
  // A device's own controller is listed as a host.
  const devices = found.filter(({ fields }) => fields.has("status") && fields.get("type") !== "host");
  return {
    value: devices.map(({ name, fields }) => {
      const uuid = fields.get("uuid");
      return { name, ...(isUuid(uuid) ? { uuid } : {}), state: stateOf(fields.get("status") ?? "") };
    }),
  };
}

function stateOf(status: string): Enclosure["state"] {
  return /^authorized/.test(status) ? "authorised" : status === "disconnected" ? status : "connected";
}

function isUuid(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f-]{36}$/i.test(text);
}

/** The kernel's files: device, authorized, unique_id, vendor and name, parted by tabs. Only what is plugged in is there. */
function readSysfs(section: Section | undefined): Known<Enclosure[]> {
  if (section === undefined || section.status !== 0) {
    return { why: "the kernel's list of Thunderbolt devices cannot be read" };
  }
  const rows = section.text.split("\n").map((line) => line.split("\t"));
  return {
    value: rows.flatMap(([device = "", authorized, uuid, vendor = "", name = ""]) =>
      // `0-0` is the machine's own controller.
      /^\d+-[0-9a-f]+$/.test(device) && !device.endsWith("-0") && /^[0-2]$/.test(authorized ?? "")
        ? [
            {
              name: `${vendor} ${name}`.trim() || device,
              ...(isUuid(uuid) ? { uuid } : {}),
              state: authorized === "0" ? ("connected" as const) : ("authorised" as const),
            },
          ]
        : [],
    ),
  };
}
