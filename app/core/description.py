"""Completes the OpenAPI document by what every endpoint has, and FastAPI does not know."""

import json
from collections.abc import Collection
from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.core.constants import ANY_HOST_PATHS, METRICS_PATH, PUBLIC_PATHS, SAFE_METHODS
from app.core.exceptions import (
    BadRequest,
    BragError,
    Conflict,
    Forbidden,
    MisdirectedRequest,
    NotAuthenticated,
    PayloadTooLarge,
    RateLimited,
)
from app.core.models import Problem
from app.core.openapi import (
    PROBLEM_TYPE,
    REQUEST_ID_HEADER,
    RETRY_AFTER_HEADER,
    example_problem,
)
from settings import Settings

DESCRIPTION: Final = (
    "A basic retrieval-augmented generation API: it answers questions over your own documents, "
    "streams the answers and stores every message. Every error is a problem (RFC 9457)."
)
SCHEMA_PATH: Final = "#/components/schemas/{model}"
METRICS_SCHEME: Final = "metrics_token"
NULL: Final = {"type": "null"}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request gets the same answer again, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def describe(
    app: FastAPI,
    models: Collection[type[BaseModel]],
    idempotent_paths: Collection[str],
    *,
    session_cookie: str,
    settings: Settings,
) -> None:
    """Completes the OpenAPI document: credentials, headers, examples, problems, event models."""
    app.openapi_version = "3.2.0"  # the first that can describe streams (itemSchema)
    generate = app.openapi
    schemes = _security_schemes(session_cookie)
    security: list[dict[str, list[str]]] = [{"session": []}, {"api_key": []}]
    of_operators: list[dict[str, list[str]]] = [{METRICS_SCHEME: []}]
    if not settings.requires_auth:
        security.append({})  # a request may go without
    if not settings.requires_metrics_token:
        of_operators.append({})

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            _add_models(document, models)
            document["components"]["securitySchemes"] = schemes
            document["paths"][METRICS_PATH]["get"]["security"] = of_operators
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    if path not in PUBLIC_PATHS:
                        operation.setdefault("security", security)
                    if path in idempotent_paths and method == "post":
                        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
                        _add_problem(operation["responses"], Conflict)
                    _describe_operation(path, method, operation)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _security_schemes(session_cookie: str) -> dict[str, Any]:
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": session_cookie,
            "description": "What `POST /v1/login/consume` sets.",
        },
        "api_key": {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of `POST /v1/api-keys`, within its scopes: `read` to look, `ask` "
            "to ask questions, `ingest` to put documents in and take them out.",
        },
        METRICS_SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "METRICS_TOKEN of the operator, for `GET /metrics` only.",
        },
    }


def _add_models(document: dict[str, Any], models: Collection[type[BaseModel]]) -> None:
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models], ref_template=SCHEMA_PATH
    )
    known = document["components"]["schemas"]
    document["components"]["schemas"] = schemas.get("$defs", {}) | known


def _describe_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
    if "requestBody" in operation:
        for error in (BadRequest, PayloadTooLarge):
            if str(int(error.status)) not in operation["responses"]:
                _add_problem(operation["responses"], error)
    _add_refusals(path, method, operation["responses"])
    _complete(operation["responses"])


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter, which may be left out but cannot be null: it is text."""
    if NULL not in schema.get("anyOf", ()):
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    kinds = [kind for kind in schema["anyOf"] if kind != NULL]
    return rest | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds})


def _add_refusals(path: str, method: str, responses: dict[str, Any]) -> None:
    """What the middlewares answer in the place of any endpoint."""
    refusals: list[type[BragError]] = [] if path in ANY_HOST_PATHS else [MisdirectedRequest]
    if path.startswith("/v1/"):
        refusals.append(RateLimited)
    if path not in PUBLIC_PATHS:
        refusals.append(NotAuthenticated)
    is_public = path in PUBLIC_PATHS or path == METRICS_PATH
    if not is_public or method.upper() not in SAFE_METHODS:
        refusals.append(Forbidden)
    for error in refusals:
        _add_problem(responses, error)


def _add_problem(responses: dict[str, Any], error: type[BragError]) -> None:
    example = {error.code: {"value": example_problem(error)}}
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
