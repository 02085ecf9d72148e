/**
 * The certificate of a host that clients know. The host is asked further, and is shown the key, only where it shows the very
 * certificate that the cluster holds: a name may lead to another server.
 */
import type { Way } from "../../../cluster/server/ask.ts";
import { shownCertificate } from "../../../cluster/server/shown-certificate.ts";
import { Skipped, Wrong } from "../base/report.ts";

export interface Host {
  /** `https://<host>`, and by which authorities it is judged. */
  way: Way;
  /** When the cluster's certificate ends; undefined where nobody knows. */
  notAfter: Date | undefined;
  now: Date;
}

export interface ExaminedHost {
  /** That clients take its certificate, and for how long. */
  found: string;
  /** Why nothing more is asked there; undefined where it is this cluster's. */
  stranger: string | undefined;
}

const dayMs = 24 * 3600 * 1000;

/** @throws Skipped where the host is not reached, Wrong where no client takes its certificate */
export async function examineHost({ way, notAfter, now }: Host): Promise<ExaminedHost> {
  const shown = await shownCertificate(way.origin, way.options).catch((error: Error) => {
    throw new Skipped(`${way.origin.origin} is not reached from here: ${error.message}`);
  });
  const until = `until ${dayOf(shown.notAfter)}`;
  if (shown.fault !== undefined) {
    throw new Wrong(`${shown.fault} (${until})`);
  }
  const days = Math.floor((shown.notAfter.getTime() - now.getTime()) / dayMs);
  return {
    found: `valid for ${way.origin.hostname} ${until}, ${days} days`,
    stranger:
      notAfter === undefined
        ? "whether it is this cluster's is not known, so nothing more is asked there"
        : notAfter.getTime() === shown.notAfter.getTime()
          ? undefined
          : `this cluster's ends on ${dayOf(notAfter)}: another server stands there, or shows an older one, so nothing more is asked there`,
  };
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
