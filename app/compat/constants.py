"""Names of the OpenAI API, and bounds of its requests."""

from typing import Final

MODELS: Final = "/v1/models"
COMPLETIONS: Final = "/v1/chat/completions"
EMBEDDINGS: Final = "/v1/embeddings"

BRAG: Final = "brag"  # the model that answers from the documents
MAX_MODEL_CHARS: Final = 200
MAX_MESSAGES: Final = 1000
# Both as in the OpenAI API.
MAX_STOPS: Final = 4
MAX_TEXTS: Final = 2048
# How a model is to answer: passed on as it comes.
PARAMETERS: Final = (
    *("temperature", "top_p", "presence_penalty", "frequency_penalty", "stop", "seed"),
    *("max_tokens", "max_completion_tokens", "response_format", "user"),
)
# What would change the form of the answer: refused.
UNSUPPORTED: Final = ("tools", "functions", "logprobs", "top_logprobs")
STOP: Final = "stop"
LENGTH: Final = "length"
FINISH_REASONS: Final = frozenset({STOP, LENGTH, "content_filter"})
