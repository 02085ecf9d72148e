/** The public route: its certificate, the redirect from HTTP, and that no other path gets in. */
import { askText, type Way } from "../../../cluster/server/ask.ts";
import { keylessPaths } from "../../../stacks/catalogue/keyless-paths.ts";
import { letsIn } from "../../../stacks/plan/route.ts";
import type { Settings } from "../../../stacks/settings/index.ts";
import { type Check, type CheckName, judge, Skipped, Wrong } from "../base/report.ts";
import { examineHost, type Host } from "./host.ts";

export interface RouteSubject extends Host {
  /** Where plain HTTP is answered. */
  plain: Way;
  route: Settings["route"];
  signal: AbortSignal;
}

export interface RouteVerdict {
  checks: Check[];
  /** Whether the route leads to this cluster, by a certificate that clients take. */
  isOurs: boolean;
}

/** How long one answer may take, in milliseconds. */
const withinMs = 5000;

export async function verifyRoute(subject: RouteSubject): Promise<RouteVerdict> {
  let stranger: string | undefined;
  const certificate = await judge("certificate", subject.signal, async () => {
    const examined = await examineHost(subject).catch((error: Error) => {
      stranger = error instanceof Wrong ? "no client takes its certificate" : error.message;
      throw error;
    });
    ({ stranger } = examined);
    return [examined.found, examined.stranger].filter(Boolean).join("; ");
  });
  const further = (name: CheckName, work: () => Promise<string>): Promise<Check> =>
    judge(name, subject.signal, async () => {
      if (stranger !== undefined) {
        throw new Skipped(stranger);
      }
      return work();
    });
  return {
    checks: [
      certificate,
      await further("redirect", () => redirect(subject)),
      await further("paths", () => paths(subject)),
    ],
    isOurs: stranger === undefined,
  };
}

async function redirect({ plain, way, signal }: RouteSubject): Promise<string> {
  const { status, headers } = await askText(plain, { path: "/health", withinMs, signal });
  const location = headers.location ?? "";
  if (![301, 302, 307, 308].includes(status)) {
    throw new Wrong(`plain HTTP answers ${status} and does not redirect`);
  }
  if (URL.parse(location, plain.origin.href)?.origin !== way.origin.origin) {
    throw new Wrong(`plain HTTP redirects to ${location || "nowhere"} and not to ${way.origin.origin}`);
  }
  return `${status} to ${location}`;
}

/** A path that would tell or do something to whoever asks, and is not let in. */
async function paths({ way, route, signal }: RouteSubject): Promise<string> {
  const path = [...keylessPaths, "/load"].find(
    (one) => !letsIn(route, { host: way.origin.hostname, path: one }),
  );
  if (path === undefined) {
    throw new Skipped("the route lets every path in");
  }
  const { status } = await askText(way, { path, withinMs, signal });
  if (status !== 404) {
    throw new Wrong(`${path} is in no list of the route and answers ${status}, not 404`);
  }
  return `${path} is refused`;
}
