/**
 * A key service that pulumi can be told of in place of a passphrase, for a sandbox that goes with its process: it answers as Vault's
 * transit engine does, and encrypts nothing. What a passphrase is made into is made anew by each pulumi, slowly so that nobody guesses
 * it: a fourth of a preview's work. The passphrase of a sandbox lies beside what it encrypts, so no secret is worse kept.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** As pulumi names it. */
export const keyServiceUrl = "hashivault://sandbox";

export interface KeyService {
  /** By which pulumi finds it. */
  readonly variables: Readonly<Record<string, string>>;
  close(): void;
}

const prefix = "vault:v1:";

export async function startKeyService(): Promise<KeyService> {
  const server = createServer(async (request, response) => {
    const { plaintext, ciphertext = "" } = (await json(request)) as {
      plaintext?: string;
      ciphertext?: string;
    };
    const data =
      plaintext === undefined
        ? { plaintext: ciphertext.slice(prefix.length) }
        : { ciphertext: `${prefix}${plaintext}` };
    response.setHeader("content-type", "application/json").end(JSON.stringify({ data }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    variables: { VAULT_SERVER_URL: `http://127.0.0.1:${port}`, VAULT_SERVER_TOKEN: "of a sandbox" },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
