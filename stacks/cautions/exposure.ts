// What a route lets in beyond what its fences are for.
import { isIPv4 } from "node:net";
import { keylessPaths } from "../catalogue/keyless-paths.ts";
import type { Settings } from "../settings/index.ts";
import type { Caution } from "./caution.ts";

type Exposed = Pick<Settings, "route" | "gateway" | "apiKey">;

/** Bits of the widest ranges that one owner has: an IPv4 /8, and of IPv6 less than a /16. */
const widest = { ipv4: 8, ipv6: 16 } as const;

/** At most so many paths are named, so that a warning stays a line. */
const named = 3;

/** Ranges that are part of the internet at large, and no home's, office's or provider's, of both ways in. */
export function openRanges({ route, gateway }: Pick<Exposed, "route" | "gateway">): string[] {
  return [...openOf(route), ...openOf(gateway)];
}

function openOf({ enabled, allowedRanges }: { enabled: boolean; allowedRanges: string[] }): string[] {
  return enabled ? allowedRanges.filter(isOpen) : [];
}

/** What a mode with a way in from outside opens to more people, or to more requests, than its fences suggest. */
export function exposureCautions(settings: Exposed): Caution[] {
  return [...ofRoute(settings), ...ofGateway(settings)];
}

function ofRoute({ route, apiKey }: Exposed): Caution[] {
  if (!route.enabled) {
    return [];
  }
  const keyless = keylessPaths.filter(
    (path) => route.paths.includes(path) || route.pathPrefixes.some((prefix) => path.startsWith(prefix)),
  );
  const more = keyless.length > named ? ` and ${keyless.length - named} more` : "";
  return [
    ...ofRanges("route", openOf(route), apiKey),
    ...(route.allowedOrigins.includes("*")
      ? [
          {
            found:
              "route.allowedOrigins holds *, so any website that somebody in route.allowedRanges opens may use the server from their browser",
            fix: "Name the websites that are meant, such as https://chat.home.example.org",
          },
        ]
      : []),
    ...(keyless.length === 0
      ? []
      : [
          {
            found: `the route lets in ${keyless.slice(0, named).join(", ")}${more}, which ${keyless.length === 1 ? "answers" : "answer"} without a key${apiKey ? ", although apiKey is true" : ""}`,
            fix: "Name only what clients need in route.paths and route.pathPrefixes, such as /v1/",
          },
        ]),
  ];
}

function ofGateway({ gateway, apiKey }: Exposed): Caution[] {
  if (!gateway.enabled) {
    return [];
  }
  return [
    ...ofRanges("gateway", openOf(gateway), apiKey),
    // Ollama knows no keys, so this holds for the CPU even where the server asks for one.
    {
      found: `the gateway lets in every pod of the cluster whose address is in gateway.allowedRanges, whatever access.namespaces says${apiKey ? "; while the GPU is away nobody is asked for the key" : ""}`,
      fix: `Leave the pods' range out of gateway.allowedRanges where not all of them are meant${apiKey ? "" : ", or ask for a key (`apiKey: true`), which holds while the GPU is there"}`,
    },
  ];
}

function ofRanges(way: "route" | "gateway", ranges: readonly string[], apiKey: boolean): Caution[] {
  return ranges.length === 0
    ? []
    : [
        {
          found: `${way}.allowedRanges holds ${ranges.join(", ")}, so the whole internet may use the server${apiKey ? " that has the key" : " without a key"}`,
          fix: apiKey
            ? "Name the ranges of those who are meant"
            : "Name the ranges of those who are meant, or ask for a key (`apiKey: true`)",
        },
      ];
}

/** Whether a range is wider than anybody's own. Private IPv6 addresses (fc00::/7) are nobody else's. */
function isOpen(range: string): boolean {
  const [address = "", length = ""] = range.split("/");
  const bits = Number(length);
  if (isIPv4(address)) {
    return bits < widest.ipv4;
  }
  // The URL parser writes an address in its one shortest form.
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  if (shortest.startsWith("::ffff:") && bits >= 96) {
    return bits - 96 < widest.ipv4; // IPv4 addresses as IPv6 has them, which Traefik takes for what they are
  }
  const isPrivate = /^f[cd]/.test(shortest) && bits >= 7;
  return bits < widest.ipv6 && !isPrivate;
}
