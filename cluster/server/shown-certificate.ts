/** The certificate that a host shows, and whether a client would take it. Nothing is sent there. */
import type { RequestOptions } from "node:https";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";

export interface ShownCertificate {
  notAfter: Date;
  /** Why a client refuses it, as half a sentence; undefined where it is valid for the host. */
  fault?: string;
}

/** How long the host may take to show it, in milliseconds. */
const withinMs = 5000;

/**
 * @param options which authorities are trusted, and how a name is looked up. @default as Node.js does
 * @throws Error where nobody there speaks TLS in time
 */
export async function shownCertificate(
  { hostname, port }: URL,
  options: Pick<RequestOptions, "ca" | "lookup"> = {},
): Promise<ShownCertificate> {
  const socket: TLSSocket = connect({
    ...options,
    host: hostname,
    port: port === "" ? 443 : Number(port),
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    // A certificate that no client takes is looked at, too: what is wrong with it is the finding.
    rejectUnauthorized: false,
    timeout: withinMs,
  });
  try {
    await new Promise<void>((shown, failed) => {
      socket.once("secureConnect", shown).on("error", failed);
      socket.once("timeout", () => failed(new Error(`no answer within ${withinMs / 1000} s`)));
    });
    const notAfter = new Date(socket.getPeerCertificate().valid_to);
    const { authorizationError: fault } = socket;
    return socket.authorized ? { notAfter } : { notAfter, fault: faultWords(fault) };
  } finally {
    socket.destroy();
  }
}

/** Node.js gives OpenSSL's name of the fault, or an error. */
function faultWords(fault: unknown): string {
  const text = fault instanceof Error ? fault.message : String(fault);
  const known: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: "it has expired",
    ERR_TLS_CERT_ALTNAME_INVALID: "it is for another host",
    DEPTH_ZERO_SELF_SIGNED_CERT: "it signs itself, as Traefik's own default does",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "no authority that is trusted here has signed it",
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "no authority that is trusted here has signed it",
    SELF_SIGNED_CERT_IN_CHAIN: "no authority that is trusted here has signed it",
  };
  return known[text] ?? text;
}
