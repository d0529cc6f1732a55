"""Every error becomes a problem response here (RFC 9457)."""

import logging
from http import HTTPStatus
from math import ceil
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from app.core.constants import MAX_FIELD_CHARS, MAX_FIELD_ERRORS
from app.core.exceptions import BragError, PayloadTooLarge, log_error
from app.core.logs import request_id
from app.core.models import FieldError, Problem

logger = logging.getLogger(__name__)

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
NO_OBJECT: Final = "must be a JSON object, sent with `Content-Type: application/json`"
AS_GET: Final = {"HEAD": "GET"}  # a middleware answers it so


def problem_response(
    status: int,
    detail: str,
    code: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    errors: list[FieldError] | None = None,
) -> Response:
    """A problem response; `code` is the status phrase in snake case unless given."""
    title = HTTPStatus(status).phrase
    problem = Problem(
        title=title,
        status=status,
        detail=detail,
        code=code or title.lower().replace(" ", "_").replace("-", "_"),
        request_id=request_id.get(),
        errors=errors,
    )
    content = problem.model_dump_json(exclude={"errors"} if errors is None else None)
    return Response(content, status, headers, media_type="application/problem+json")


def error_response(error: BragError) -> Response:
    """The problem response of an error, with `Retry-After` in whole seconds where waiting helps."""
    wait = error.retry_after
    headers = {} if wait is None else {"Retry-After": str(ceil(wait))}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    fault = FieldError(loc=[*error.loc], msg=error.detail, type=error.code)
    is_named = error.loc or error.status == HTTPStatus.UNPROCESSABLE_ENTITY
    errors = [fault] if is_named else None
    return problem_response(error.status, error.detail, error.code, headers=headers, errors=errors)


async def refuse(error: BragError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request that a middleware lets no further (ASGI)."""
    log_error(error)
    await error_response(error)(scope, receive, send)


async def _brag_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, BragError)
    if not error.logged:
        log_error(error)
    return error_response(error)


async def _http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == PayloadTooLarge.status:
        return await _brag_error(request, PayloadTooLarge())
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed_methods(request)
    detail = f"{error.detail.removesuffix('.')}."
    return problem_response(error.status_code, detail, headers=headers)


def _allowed_methods(request: Request) -> str:
    """All methods of a path (RFC 9110, 10.2.1): Starlette names those of its first route only."""
    return ", ".join(
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": AS_GET.get(method, method)})[0] is Match.FULL
            for route in request.app.routes
        )
    )


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [_field_error(fault) for fault in error.errors()[:MAX_FIELD_ERRORS]]
    first = errors[0]
    detail = f"{'.'.join(map(str, first.loc))}: {first.msg}."
    return problem_response(
        HTTPStatus.UNPROCESSABLE_ENTITY, detail, "validation_error", errors=errors
    )


def _field_error(error: dict[str, Any]) -> FieldError:
    """One error, without the input; names that the client made up are cut to MAX_FIELD_CHARS."""
    loc = [part[:MAX_FIELD_CHARS] if isinstance(part, str) else part for part in error["loc"]]
    is_no_object = loc == ["body"] and error["type"] == "model_attributes_type"
    msg = NO_OBJECT if is_no_object else error["msg"]
    return FieldError(loc=loc, msg=msg, type=error["type"])


def internal_error(error: Exception) -> Response:
    """What a client sees of a fault of ours: nothing but the request id to quote."""
    logger.error("Unhandled %s", type(error).__name__, exc_info=error)
    return error_response(BragError())


def add_handlers(app: FastAPI) -> None:
    """Registers the handlers of every error that a client can meet."""
    handlers: dict[Any, Any] = {
        BragError: _brag_error,
        HTTPException: _http_exception,
        RequestValidationError: _validation_error,
    }
    for error, handler in handlers.items():
        app.add_exception_handler(error, handler)
