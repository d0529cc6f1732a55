"""What endpoints say in /openapi.json beyond their types: examples, problems, headers, links."""

import json
from collections import defaultdict
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel

from app import version
from app.core.exceptions import BragError
from app.core.models import Check, FieldError, Health, Problem, Readiness

Responses = dict[int | str, dict[str, Any]]

EXAMPLE_REQUEST_ID: Final = "5f0c1b6a9d3e4a7c8b2d"
UUID_OF_ANSWER: Final = "$response.body#/uuid"
OPEN_METRICS: Final = "application/openmetrics-text"
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


def json_example(answer: BaseModel | list[BaseModel]) -> dict[str, Any]:
    """The part of a response's description that shows one.

    As a string until `description.py` reads it: FastAPI drops the nulls of all that it is given.
    """
    example = json.dumps(jsonable_encoder(answer, exclude_unset=True))
    return {"content": {"application/json": {"example": example}}}


def links(parameters: Mapping[str, str], value: str = UUID_OF_ANSWER) -> dict[str, Any]:
    """The part of a response's description that says what can be done with what it names.

    `parameters` are by operation, and take `value`: an expression of OpenAPI 3.2, 4.20.3.
    """
    return {
        "links": {
            operation: {"operationId": operation, "parameters": {parameter: value}}
            for operation, parameter in parameters.items()
        }
    }


def problems(*errors: type[BragError]) -> Responses:
    """The problem responses of an endpoint, one for each status, with an example for each code."""
    by_status: dict[int, list[type[BragError]]] = defaultdict(list)
    for error in errors:
        by_status[int(error.status)].append(error)
    return {status: _problem(those) for status, those in sorted(by_status.items())}


def _problem(errors: list[type[BragError]]) -> dict[str, Any]:
    examples = {error.code: {"value": example_problem(error)} for error in errors}
    response: dict[str, Any] = {
        "description": ", ".join(f"`{code}`" for code in examples),
        "model": Problem,
        "content": {PROBLEM_TYPE: {"examples": examples}},
    }
    if any(error.retry_after for error in errors):
        response["headers"] = {"Retry-After": RETRY_AFTER_HEADER}
    return response


def example_problem(error: type[BragError]) -> dict[str, Any]:
    """The body of an error."""
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
METRICS: Final[Responses] = {
    200: {
        "content": {
            OPEN_METRICS: {
                "schema": {"type": "string"},
                "example": "# HELP brag_generations_in_flight Answers under way.\n"
                "# TYPE brag_generations_in_flight gauge\n"
                "brag_generations_in_flight 3.0\n# EOF\n",
            }
        }
    }
}
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
