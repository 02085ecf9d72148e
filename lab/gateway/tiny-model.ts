/** A model of 0.5 MB that any llama.cpp loads: the shape of a Llama with random weights. What it says means nothing. */
import { type GgufValue, gguf, type Tensor } from "./gguf.ts";

const layers = 2;
const width = 64;
const heads = 4;
const inner = 128;

/** A token for each byte, as the tokenizer falls back to those, and the special ones that it needs. */
const special = ["<unk>", "<s>", "</s>"];
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`);
const tokens = [...special, ...bytes, "▁"];
/** What the format calls unknown, control, byte and normal. */
const kinds = [2, 3, 3, ...bytes.map(() => 6), 1];

const values: Record<string, GgufValue> = {
  "general.architecture": { string: "llama" },
  "general.name": { string: "tiny" },
  "general.file_type": { uint32: 0 },
  "llama.context_length": { uint32: 32_768 },
  "llama.embedding_length": { uint32: width },
  "llama.block_count": { uint32: layers },
  "llama.feed_forward_length": { uint32: inner },
  "llama.attention.head_count": { uint32: heads },
  "llama.attention.head_count_kv": { uint32: heads },
  "llama.attention.layer_norm_rms_epsilon": { float32: 1e-5 },
  "llama.rope.dimension_count": { uint32: width / heads },
  "llama.vocab_size": { uint32: tokens.length },
  "tokenizer.ggml.model": { string: "llama" },
  "tokenizer.ggml.tokens": { strings: tokens },
  "tokenizer.ggml.scores": { float32s: tokens.map(() => 0) },
  "tokenizer.ggml.token_type": { int32s: kinds },
  "tokenizer.ggml.unknown_token_id": { uint32: 0 },
  "tokenizer.ggml.bos_token_id": { uint32: 1 },
  "tokenizer.ggml.eos_token_id": { uint32: 2 },
};

export function tinyModel(): Buffer {
  const random = generator();
  const matrix = (name: string, columns: number, rows: number): Tensor => ({
    name: `${name}.weight`,
    shape: [columns, rows],
    values: Float32Array.from({ length: columns * rows }, random),
  });
  const ones = (name: string): Tensor => ({
    name: `${name}.weight`,
    shape: [width],
    values: new Float32Array(width).fill(1),
  });
  const layer = (index: number): Tensor[] => {
    const own = (name: string): string => `blk.${index}.${name}`;
    return [
      ones(own("attn_norm")),
      ...["attn_q", "attn_k", "attn_v", "attn_output"].map((name) => matrix(own(name), width, width)),
      ones(own("ffn_norm")),
      matrix(own("ffn_gate"), width, inner),
      matrix(own("ffn_up"), width, inner),
      matrix(own("ffn_down"), inner, width),
    ];
  };
  return gguf(values, [
    matrix("token_embd", width, tokens.length),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    ones("output_norm"),
    output(matrix("output", width, tokens.length)),
  ]);
}

/**
 * Makes only letters likely, so that what it says is text and never an end: nothing speaks for what is none, and much for one of two
 * letters with opposite weights.
 */
function output(tensor: Tensor): Tensor {
  const { values } = tensor;
  const row = (token: number): Float32Array => values.subarray(token * width, (token + 1) * width);
  const letters = [...tokens.keys()].filter((token) => isLetter(tokens[token] ?? ""));
  for (const token of tokens.keys()) {
    const place = letters.indexOf(token);
    if (place < 0) row(token).fill(0);
    else if (place % 2 === 1) row(token).set(row(token - 1).map((value) => -value));
    else row(token).set(row(token).map((value) => 20 * value));
  }
  return tensor;
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

const isLetter = (token: string): boolean =>
  /^<0x..>$/.test(token) && /[a-z]/.test(String.fromCharCode(Number(token.slice(1, -1))));

/** The same numbers each time, from -0.5 to 0.5. */
function generator(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}
