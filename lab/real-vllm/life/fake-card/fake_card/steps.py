"""The model's steps: each takes as long as on a small card, and samples one token, again and again."""

import os
import time

import torch
from vllm.v1.executor.abstract import Executor
from vllm.v1.kv_cache_interface import FullAttentionSpec
from vllm.v1.outputs import ModelRunnerOutput

step_seconds = float(os.environ.get("STEP_SECONDS", "0.03"))
# A 7B AWQ model on an RTX 3060 reads 1500 to 3000 tokens of a prompt a second.
prefill_tokens_a_second = float(os.environ.get("PREFILL_TOKENS_A_SECOND", "1500"))
sampled_token = 5


class Steps(Executor):
    def _init_executor(self):
        self.prompts = {}

    def collective_rpc(self, method, timeout=None, args=(), kwargs=None):
        if method == "get_kv_cache_spec":
            return [{"layer": FullAttentionSpec(16, 2, 64, torch.float16, False)}]
        if method == "determine_available_memory":
            return [64 * 1024 * 1024]
        return [None]

    def check_health(self):
        return

    def execute_model(self, scheduled):
        for new in scheduled.scheduled_new_reqs:
            self.prompts[new.req_id] = [len(new.prompt_token_ids), new.num_computed_tokens]
        for known in scheduled.scheduled_cached_reqs:
            self.prompts[known.req_id][1] = known.num_computed_tokens
        tokens = scheduled.num_scheduled_tokens
        time.sleep(step_seconds + scheduled.total_num_scheduled_tokens / prefill_tokens_a_second)
        ids = list(tokens)
        sampled = []
        for name in ids:
            length, computed = self.prompts[name]
            sampled.append([sampled_token] if computed + tokens[name] >= length else [])
        for name in scheduled.finished_req_ids:
            self.prompts.pop(name, None)
        return ModelRunnerOutput(ids, {name: place for place, name in enumerate(ids)}, sampled, None, None, {})
