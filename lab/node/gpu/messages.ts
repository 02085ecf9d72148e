/** Messages of the kubelet's interface for device plugins (v1beta1), as far as one with whole cards needs them. */

/** A field of a message that holds text or another message, by its number. */
function field(number: number, content: string | Buffer): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

export const empty = Buffer.alloc(0);

export interface Registration {
  /** The plugin's socket, by its name in the kubelet's folder. */
  readonly socket: string;
  readonly resource: string;
}

export const registerRequest = ({ socket, resource }: Registration): Buffer =>
  Buffer.concat([field(1, "v1beta1"), field(2, socket), field(3, resource)]);

export const devices = (ids: readonly string[], healthy: boolean): Buffer =>
  Buffer.concat(
    ids.map((id) => field(1, Buffer.concat([field(1, id), field(2, healthy ? "Healthy" : "Unhealthy")]))),
  );

/** What a container with these devices gets; the kubelet asks for one container at a time. */
export const allocation = (variables: Readonly<Record<string, string>>): Buffer =>
  field(
    1,
    Buffer.concat(
      Object.entries(variables).map(([name, value]) =>
        field(1, Buffer.concat([field(1, name), field(2, value)])),
      ),
    ),
  );
