"""The collection on a Qdrant server: made when it is first needed, every request bounded.

What the client raises leaves this file as RetrievalUnavailable, but for requests that Qdrant calls
wrong: those are faults of ours, and stay what they are.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, Self
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from app.core.exceptions import ConfigurationError, RetrievalUnavailable
from app.vector_store.base import BM25_VECTOR, DenseVector
from app.vector_store.filters import DOCUMENT, METADATA, OWNER, SOURCE, USER
from app.vector_store.qdrant.transport import RepeatingTransport
from settings import Settings

INDEXES: Final[dict[str, models.PayloadSchemaType | models.KeywordIndexParams]] = {
    DOCUMENT: models.PayloadSchemaType.UUID,
    USER: models.PayloadSchemaType.INTEGER,
    SOURCE: models.PayloadSchemaType.KEYWORD,
    METADATA: models.PayloadSchemaType.KEYWORD,
    OWNER: models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
}

INDEX_UUID: Final = "index_uuid"

logger = logging.getLogger(__name__)


class QdrantCollection:
    """A client, and the one collection that it is used for."""

    def __init__(self, client: AsyncQdrantClient, settings: Settings, dense: DenseVector) -> None:
        self.name = settings.QDRANT_COLLECTION_NAME
        self._client = client
        self._dense = dense
        self._shards, self._replicas = settings.QDRANT_SHARDS, settings.QDRANT_REPLICAS
        self._timeout_sec = settings.QDRANT_TIMEOUT_SEC
        self._preparing = asyncio.Lock()
        self._prepared = False

    @classmethod
    async def open(cls, settings: Settings, dense: DenseVector) -> Self:
        """Prepares the collection if Qdrant answers; if it does not, the first request will.

        Raises ConfigurationError if the collection is another model's, or the key is refused.
        """
        collection = cls(await asyncio.to_thread(_create_client, settings), settings, dense)
        try:
            async with collection._bounded():
                await collection._prepare()
        except RetrievalUnavailable:
            logger.warning("Qdrant does not answer; retrieval begins when it does")
        except BaseException:
            await collection.close()
            raise
        return collection

    @asynccontextmanager
    async def request(self) -> AsyncIterator[AsyncQdrantClient]:
        """The client, for one request on the collection, within QDRANT_TIMEOUT_SEC."""
        try:
            async with self._bounded():
                await self._prepare()
                yield self._client
        except ConfigurationError as error:
            logger.exception("Qdrant cannot be used")
            raise RetrievalUnavailable from error

    async def index_uuid(self) -> UUID:
        """Which index the collection is; RetrievalUnavailable until Qdrant has answered once."""
        if not self._prepared:
            async with self.request():
                pass
        return self._index_uuid

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout_sec):
                yield
        except (TimeoutError, ResponseHandlingException, ResourceExhaustedResponse) as error:
            raise RetrievalUnavailable from error
        except UnexpectedResponse as error:
            raise self._convert(error) from error

    def _convert(self, error: UnexpectedResponse) -> Exception:
        status = error.status_code or 0
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return ConfigurationError(f"Qdrant refuses QDRANT_API_KEY: it answers {status}.")
        if status == HTTPStatus.NOT_FOUND:
            self._prepared = False  # somebody deleted the collection: the next request makes it
            return RetrievalUnavailable()
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            return RetrievalUnavailable()
        return error

    async def _prepare(self) -> None:
        async with self._preparing:
            if not self._prepared:
                await self._create_if_missing()
                info = await self._client.get_collection(self.name)
                self._check(info.config.params)
                self._index_uuid = _uuid_of(self.name, info.config.metadata or {})
                await self._create_indexes(info.payload_schema)
                self._prepared = True

    async def _create_if_missing(self) -> None:
        if await self._client.collection_exists(self.name):
            return
        try:
            await self._client.create_collection(
                self.name,
                vectors_config={
                    self._dense.name: _vector_params(
                        self._dense.dimensions, on_disk=(self._shards or 1) > 1
                    )
                },
                sparse_vectors_config={
                    BM25_VECTOR: models.SparseVectorParams(modifier=models.Modifier.IDF)
                },
                shard_number=self._shards,
                replication_factor=self._replicas,
                metadata={INDEX_UUID: str(uuid4())},
            )
        except UnexpectedResponse as error:
            if error.status_code != HTTPStatus.CONFLICT:  # another process was faster
                raise

    def _check(self, params: models.CollectionParams) -> None:
        vectors = params.vectors or {}
        if isinstance(vectors, models.VectorParams):
            vectors = {"one vector without a name": vectors}
        sizes = {name: vector.size for name, vector in vectors.items()}
        self._dense.check(self.name, sizes, params.sparse_vectors or {})

    async def _create_indexes(self, existing: dict[str, models.PayloadIndexInfo]) -> None:
        for key, schema in INDEXES.items():
            if key not in existing:
                await self._client.create_payload_index(self.name, key, schema, wait=True)


def _uuid_of(name: str, metadata: dict[str, Any]) -> UUID:
    """That of a collection's metadata, else one of its name.

    A collection that an older version made, or a Qdrant before 1.16 holds, has no metadata.
    """
    kept = metadata.get(INDEX_UUID)
    return UUID(kept) if kept else uuid5(NAMESPACE_OID, name)


def _create_client(settings: Settings) -> AsyncQdrantClient:
    """Reads certificates from disk: not for the event loop."""
    url = settings.QDRANT_URL or f"http://{settings.QDRANT_HOST}:{settings.QDRANT_PORT}"
    key = settings.QDRANT_API_KEY
    try:
        return AsyncQdrantClient(
            url=url,
            # As `api_key` it would warn of every http URL, also of those in a private network.
            headers={"api-key": key.get_secret_value()} if key else None,
            timeout=math.ceil(settings.QDRANT_TIMEOUT_SEC),
            transport=RepeatingTransport(),
            check_compatibility=False,  # it asks the server in a thread, and warns if it is down
        )
    except ValueError as error:
        raise ConfigurationError(f"QDRANT_URL {url} is wrong: {error}.") from error
    except OSError as error:
        raise ConfigurationError(
            f"The certificates of SSL_CERT_FILE cannot be read: {error.strerror}."
        ) from error


def _vector_params(dimensions: int, *, on_disk: bool) -> models.VectorParams:
    """Vectors of a byte a dimension in memory; the whole ones are read for the best of these."""
    return models.VectorParams(
        size=dimensions,
        distance=models.Distance.COSINE,
        on_disk=on_disk,
        quantization_config=models.ScalarQuantization(
            scalar=models.ScalarQuantizationConfig(
                type=models.ScalarType.INT8, quantile=0.99, always_ram=True
            )
        ),
    )
