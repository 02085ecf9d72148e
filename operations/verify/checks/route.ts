/**
 * The public route: its certificate, the redirect from HTTP, and that no other path gets in. The host is asked further, and is shown
 * the key, only where it shows the very certificate that the cluster holds: a name may lead to another server.
 */
import { askText, type Way } from "../../../cluster/server/ask.ts";
import { shownCertificate } from "../../../cluster/server/shown-certificate.ts";
import { keylessPaths } from "../../../stacks/catalogue/keyless-paths.ts";
import { letsIn } from "../../../stacks/plan/route.ts";
import type { Settings } from "../../../stacks/settings/index.ts";
import { type Check, type CheckName, judge, Skipped, Wrong } from "../report.ts";

export interface RouteSubject {
  /** `https://<host>`, and by which authorities it is judged. */
  way: Way;
  /** Where plain HTTP is answered. */
  plain: Way;
  route: Settings["route"];
  /** When the cluster's certificate ends; undefined where nobody knows. */
  notAfter: Date | undefined;
  now: Date;
  signal: AbortSignal;
}

export interface RouteVerdict {
  checks: Check[];
  /** Whether the route leads to this cluster, by a certificate that clients take. */
  isOurs: boolean;
}

/** How long one answer may take, in milliseconds. */
const withinMs = 5000;

const dayMs = 24 * 3600 * 1000;

export async function verifyRoute(subject: RouteSubject): Promise<RouteVerdict> {
  const { way, signal } = subject;
  let stranger: string | undefined = `${way.origin.origin} was not reached`;
  const certificate = await judge("certificate", signal, async () => {
    const shown = await shownCertificate(way.origin, way.options).catch((error: Error) => {
      stranger = `${way.origin.origin} is not reached from here: ${error.message}`;
      throw new Skipped(stranger);
    });
    const until = `until ${shown.notAfter.toISOString().slice(0, 10)}`;
    if (shown.fault !== undefined) {
      stranger = "no client takes its certificate";
      throw new Wrong(`${shown.fault} (${until})`);
    }
    const days = Math.floor((shown.notAfter.getTime() - subject.now.getTime()) / dayMs);
    const valid = `valid for ${way.origin.hostname} ${until}, ${days} days`;
    stranger = whyStranger(subject, shown.notAfter);
    return stranger === undefined ? valid : `${valid}; ${stranger}`;
  });
  const further = (name: CheckName, work: () => Promise<string>): Promise<Check> =>
    judge(name, signal, async () => {
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

function whyStranger({ notAfter }: RouteSubject, shown: Date): string | undefined {
  if (notAfter === undefined) {
    return "whether it is this cluster's is not known, so nothing more is asked there";
  }
  return notAfter.getTime() === shown.getTime()
    ? undefined
    : `this cluster's ends on ${notAfter.toISOString().slice(0, 10)}: another server stands there, or shows an older one, so nothing more is asked there`;
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
