import { connect, createServer, type Server, type Socket } from "node:net";

/** Where to listen, or to connect to: a socket in the file system, or an address. */
export type Place =
  | { readonly path: string }
  | {
      readonly host: string;
      readonly port: number;
      /** The address to come from. */
      readonly localAddress?: string;
    };

export interface Way {
  readonly from: Place;
  readonly to: Place;
}

/** Passes each connection on as it is, in both directions. @returns the server once it listens */
export function relay({ from, to }: Way): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...to, allowHalfOpen: true });
    join(near, far);
    join(far, near);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(from, () => resolve(server));
  });
}

function join(one: Socket, other: Socket): void {
  one.pipe(other);
  one.on("error", () => other.destroy());
  one.on("close", () => other.destroy());
}
