/** What pages of other origins may ask: browsers look at this before they show an answer to a page. */
import type { IncomingHttpHeaders } from "node:http";
import type { Served } from "./interface/served.ts";
import { does } from "./interface/versions.ts";

/** What a page of this origin is told: all may ask, or this one; undefined where it may not. */
function allowed(served: Served, origin: string): string | undefined {
  const open = served.allowedOrigins ?? (does(served.version, "is closed to other origins") ? [] : ["*"]);
  return open.includes("*") ? "*" : open.find((one) => one === origin);
}

/** Headers of each answer to a page of another origin; nothing for other clients. */
export function originHeaders(served: Served, { origin }: IncomingHttpHeaders): Record<string, string> {
  const told = origin === undefined ? undefined : allowed(served, origin);
  return told === undefined ? {} : { "Access-Control-Allow-Origin": told };
}

/** The answer to the question that a browser asks beforehand; undefined for any other request. */
export function preflight(
  served: Served,
  method: string | undefined,
  headers: IncomingHttpHeaders,
): { status: number; type: string; text: string; headers: Record<string, string> } | undefined {
  const { origin } = headers;
  if (method !== "OPTIONS" || origin === undefined || !headers["access-control-request-method"]) {
    return undefined;
  }
  const isOpen = allowed(served, origin) !== undefined;
  return {
    status: isOpen ? 200 : 400,
    type: "text/plain; charset=utf-8",
    text: isOpen ? "OK" : "Disallowed CORS origin",
    headers: {
      ...originHeaders(served, headers),
      "Access-Control-Allow-Methods": "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT",
      "Access-Control-Allow-Headers": headers["access-control-request-headers"] ?? "",
      "Access-Control-Max-Age": "600",
    },
  };
}
