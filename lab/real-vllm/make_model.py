"""Makes a tiny Qwen2 with a tokenizer and a chat template in the folder that is named; its weights are vLLM's to make up.

It speaks nonsense, but everything around it is as with a real model: 8192 tokens of context, `<think>` and `</think>` as tokens
of their own, as a reasoning parser wants them.
"""

import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config

VOCABULARY = 640
END = "<|im_end|>"
SPECIAL = ["<|endoftext|>", "<|im_start|>", END]
THOUGHT = ["<think>", "</think>"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}" + END + "\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)

bpe = Tokenizer(models.BPE())
bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
bpe.decoder = decoders.ByteLevel()
bpe.train_from_iterator(
    ["The quick brown fox jumps over the lazy dog, and a small model says what comes to its mind."] * 50,
    trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    ),
)
bpe.add_tokens(THOUGHT)
tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token=END, pad_token=SPECIAL[0])
tokenizer.chat_template = TEMPLATE
tokenizer.save_pretrained(folder)

Qwen2Config(
    architectures=["Qwen2ForCausalLM"],
    vocab_size=VOCABULARY,
    hidden_size=128,
    intermediate_size=256,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=8192,
    eos_token_id=tokenizer.eos_token_id,
    torch_dtype="float32",
).save_pretrained(folder)
