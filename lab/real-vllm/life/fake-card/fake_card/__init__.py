"""A card that is none, as a plugin of vLLM 0.8.5: everything of the server and its engine is real but the model's step."""


def platform():
    return "fake_card.platform.FakeCard"
