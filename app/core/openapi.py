"""What /openapi.json and /docs say beyond the endpoints' own types: examples, problems, headers."""

import json
from collections import defaultdict
from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app import version
from app.core.constants import HEALTH_PATHS, PUBLIC_PATHS, SAFE_METHODS
from app.core.exceptions import (
    BragError,
    Conflict,
    Forbidden,
    MisdirectedRequest,
    NotAuthenticated,
    RateLimited,
)
from app.core.models import Check, FieldError, Health, Problem, Readiness

Responses = dict[int | str, dict[str, Any]]

SCHEMA_PATH: Final = "#/components/schemas/{model}"
EXAMPLE_REQUEST_ID: Final = "5f0c1b6a9d3e4a7c8b2d"
PROBLEM_TYPE: Final = "application/problem+json"
REQUEST_ID_HEADER: Final = {
    "description": "The caller's own, if it is 1 to 128 letters, digits, dots, underscores or "
    "hyphens, else a new one; every log line of the request carries it.",
    "schema": {"type": "string"},
    "required": True,
}
RETRY_AFTER_HEADER: Final = {
    "description": "Seconds to wait before trying again (RFC 9110, 10.2.3).",
    "schema": {"type": "integer"},
}

IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request gets the same answer again, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
SECURITY_SCHEMES: Final = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-brag_session",
        "description": "What `POST /v1/login/consume` sets; locally it is called `brag_session`.",
    },
    "api_key": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key of `POST /v1/api-keys`, within its scopes: `read` to look, `ask` to "
        "ask questions, `ingest` to put documents in and take them out.",
    },
}


def json_example(answer: BaseModel | list[BaseModel]) -> dict[str, Any]:
    """The part of a response's description that shows one.

    As a string until `describe` reads it: FastAPI drops the nulls of all that it is given.
    """
    example = json.dumps(jsonable_encoder(answer, exclude_unset=True))
    return {"content": {"application/json": {"example": example}}}


def problems(*errors: type[BragError]) -> Responses:
    """The problem responses of an endpoint, one for each status, with an example for each code."""
    by_status: dict[int, list[type[BragError]]] = defaultdict(list)
    for error in errors:
        by_status[int(error.status)].append(error)
    return {status: _problem(those) for status, those in sorted(by_status.items())}


def _problem(errors: list[type[BragError]]) -> dict[str, Any]:
    examples = {error.code: {"value": _example(error)} for error in errors}
    response: dict[str, Any] = {
        "description": ", ".join(f"`{code}`" for code in examples),
        "model": Problem,
        "content": {PROBLEM_TYPE: {"examples": examples}},
    }
    if any(error.retry_after for error in errors):
        response["headers"] = {"Retry-After": RETRY_AFTER_HEADER}
    return response


def _example(error: type[BragError]) -> dict[str, Any]:
    return Problem(
        title=HTTPStatus(error.status).phrase,
        status=int(error.status),
        detail=error.detail,
        code=error.code,
        request_id=EXAMPLE_REQUEST_ID,
    ).model_dump(exclude={"errors"})


VALIDATION_PROBLEM: Final[Responses] = {
    HTTPStatus.UNPROCESSABLE_ENTITY.value: {
        "description": "`validation_error`",
        "model": Problem,
        "content": {
            PROBLEM_TYPE: {
                "example": Problem(
                    title=HTTPStatus.UNPROCESSABLE_ENTITY.phrase,
                    status=HTTPStatus.UNPROCESSABLE_ENTITY,
                    detail="body.message: must not be blank.",
                    code="validation_error",
                    request_id=EXAMPLE_REQUEST_ID,
                    errors=[
                        FieldError(
                            loc=["body", "message"], msg="must not be blank", type="value_error"
                        )
                    ],
                ).model_dump()
            }
        },
    }
}


HEALTHCHECK: Final[Responses] = {200: json_example(Health(version=version))}
READY: Final = Readiness(
    status="ready",
    version=version,
    checks={
        "postgres": Check(status="ok", latency_ms=0.9),
        "qdrant": Check(status="ok", latency_ms=0.4, drift=0, reindexing=False),
        "embeddings": Check(status="ok", latency_ms=3.2),
    },
)
MIGRATE: Final = "The migrations of DATABASE_URL have to be applied: run `make migrate`."
UNAVAILABLE: Final = Readiness(
    status="unavailable",
    version=version,
    checks={
        "postgres": Check(status="failed", latency_ms=1.4, detail=MIGRATE),
        "qdrant": Check(status="ok", latency_ms=0.4, drift=None, reindexing=None),
        "embeddings": Check(status="ok", latency_ms=3.2),
    },
)
READINESS: Final[Responses] = {
    200: json_example(READY),
    503: {"model": Readiness, **json_example(UNAVAILABLE)},
}


def describe(
    app: FastAPI, models: Collection[type[BaseModel]], idempotent_paths: Collection[str]
) -> None:
    """Completes the OpenAPI document: credentials, headers, examples, problems, event models."""
    app.openapi_version = "3.2.0"  # the first that can describe streams (itemSchema)
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            _add_models(document, models)
            document["components"]["securitySchemes"] = SECURITY_SCHEMES
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    if path not in PUBLIC_PATHS:
                        operation["security"] = [{name: []} for name in SECURITY_SCHEMES]
                    if path in idempotent_paths and method == "post":
                        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
                        _add_problem(operation["responses"], Conflict)
                    _add_refusals(path, method, operation["responses"])
                    _complete(operation["responses"])
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _add_models(document: dict[str, Any], models: Collection[type[BaseModel]]) -> None:
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=SCHEMA_PATH
    )
    known = document["components"]["schemas"]
    document["components"]["schemas"] = schemas.get("$defs", {}) | known


def _add_refusals(path: str, method: str, responses: dict[str, Any]) -> None:
    """What the middlewares answer in the place of any endpoint."""
    refusals: list[type[BragError]] = [] if path in HEALTH_PATHS else [MisdirectedRequest]
    if path.startswith("/v1/"):
        refusals.append(RateLimited)
    if path not in PUBLIC_PATHS:
        refusals.append(NotAuthenticated)
    if path not in PUBLIC_PATHS or method.upper() not in SAFE_METHODS:
        refusals.append(Forbidden)
    for error in refusals:
        _add_problem(responses, error)


def _add_problem(responses: dict[str, Any], error: type[BragError]) -> None:
    example = {error.code: {"value": _example(error)}}
    schema = {"$ref": SCHEMA_PATH.format(model=Problem.__name__)}
    headers = {"Retry-After": RETRY_AFTER_HEADER} if error.retry_after else {}
    responses[str(int(error.status))] = {
        "description": f"`{error.code}`",
        "headers": headers,
        "content": {PROBLEM_TYPE: {"schema": schema, "examples": example}},
    }


def _complete(responses: dict[str, Any]) -> None:
    for response in responses.values():
        response["headers"] = {"X-Request-ID": REQUEST_ID_HEADER} | response.get("headers", {})
        content = response.get("content", {})
        if PROBLEM_TYPE in content and "application/json" in content:
            content[PROBLEM_TYPE] |= content.pop("application/json")
        if "example" in (media := content.get("application/json", {})):
            media["example"] = json.loads(media["example"])
