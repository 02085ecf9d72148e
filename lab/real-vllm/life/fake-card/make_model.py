"""Writes a model that has no weights: the numbers of a tiny Qwen2 and a tokenizer of bytes. Argument: the folder."""

import json
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
letters = sorted(pre_tokenizers.ByteLevel.alphabet())
tokens = {token: place for place, token in enumerate(["<|end|>", "<think>", "</think>", *letters])}
tokenizer = Tokenizer(models.BPE(vocab=tokens, merges=[]))
tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer.add_special_tokens(["<|end|>"])
tokenizer.save(str(folder / "tokenizer.json"))
write = lambda name, value: (folder / name).write_text(json.dumps(value))
write(
    "tokenizer_config.json",
    {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": "<|end|>",
        "model_max_length": 32768,
        "chat_template": "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}",
    },
)
write(
    "config.json",
    {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "torch_dtype": "float16",
        "vocab_size": 320,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "max_position_embeddings": 32768,
        "eos_token_id": 0,
    },
)
