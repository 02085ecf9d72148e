"""What vLLM asks of the kind of card it runs on. It imports no more: vLLM is only half imported when it loads this."""

from vllm.platforms.interface import Platform, PlatformEnum


class FakeCard(Platform):
    _enum = PlatformEnum.OOT
    device_name = "fake"
    device_type = "cpu"
    dispatch_key = "CPU"

    @classmethod
    def get_device_name(cls, device_id=0):
        return "fake card"

    @classmethod
    def is_async_output_supported(cls, enforce_eager):
        return False

    @classmethod
    def supports_v1(cls, model_config):
        return True

    @classmethod
    def check_and_update_config(cls, vllm_config):
        from fake_card.steps import Steps

        vllm_config.parallel_config.distributed_executor_backend = Steps
        vllm_config.parallel_config.worker_cls = "none"
        vllm_config.cache_config.block_size = 16
