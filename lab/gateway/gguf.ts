/** The least of the file format GGUF, version 3: values by name, then tensors of 32-bit floats. */

export type GgufValue =
  | { readonly uint32: number }
  | { readonly float32: number }
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly int32s: readonly number[] }
  | { readonly float32s: readonly number[] };

export interface Tensor {
  readonly name: string;
  /** The innermost first, as the format has it. */
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Numbers that the format has for its types. */
const types = { uint32: 4, int32: 5, float32: 6, string: 8, array: 9 } as const;
const tensorOfFloat32 = 0;
const alignment = 32;

export function gguf(values: Readonly<Record<string, GgufValue>>, tensors: readonly Tensor[]): Buffer {
  const named = Object.entries(values);
  const places: number[] = [];
  let end = 0;
  for (const { values } of tensors) {
    places.push(end);
    end += padded(values.byteLength);
  }
  const head = Buffer.concat([
    Buffer.from("GGUF"),
    uint32(3),
    uint64(tensors.length),
    uint64(named.length),
    ...named.flatMap(([name, value]) => [text(name), ...encoded(value)]),
    ...tensors.flatMap(({ name, shape }, index) => [
      text(name),
      uint32(shape.length),
      ...shape.map(uint64),
      uint32(tensorOfFloat32),
      uint64(places[index] ?? 0),
    ]),
  ]);
  const data = tensors.map(({ values }) =>
    aligned(Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  return Buffer.concat([aligned(head), ...data]);
}

function encoded(value: GgufValue): Buffer[] {
  if ("uint32" in value) return [uint32(types.uint32), uint32(value.uint32)];
  if ("float32" in value) return [uint32(types.float32), float32(value.float32)];
  if ("string" in value) return [uint32(types.string), text(value.string)];
  if ("strings" in value) return array(types.string, value.strings.map(text));
  if ("int32s" in value) return array(types.int32, value.int32s.map(uint32));
  return array(types.float32, value.float32s.map(float32));
}

function array(type: number, items: readonly Buffer[]): Buffer[] {
  return [uint32(types.array), uint32(type), uint64(items.length), ...items];
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint64(bytes.length), bytes]);
}

const uint32 = (value: number): Buffer => written(4, (bytes) => bytes.writeUInt32LE(value));
const uint64 = (value: number): Buffer => written(8, (bytes) => bytes.writeBigUInt64LE(BigInt(value)));
const float32 = (value: number): Buffer => written(4, (bytes) => bytes.writeFloatLE(value));

function written(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}

const padded = (length: number): number => Math.ceil(length / alignment) * alignment;
const aligned = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
