"""What schemathesis cannot know of the API: it loads this file itself."""

from typing import Any, Final
from uuid import uuid4

import schemathesis
from schemathesis import Case, HookContext
from schemathesis.core.parameters import ParameterLocation

KEY: Final = "Idempotency-Key"


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Gives each request an Idempotency-Key of its own: another request's would be refused."""
    is_wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    if case.headers and KEY in case.headers and not is_wrong:
        case.headers[KEY] = uuid4().hex


@schemathesis.hook
def filter_case(_context: HookContext, case: Case[Any]) -> bool:
    """Leaves wrong forms out: a form holds texts alone, so a wrong type in it arrives as a text.

    schemathesis knows that, but not of forms with files. The same fields are asked wrongly as JSON.
    """
    is_form = case.media_type == "multipart/form-data"
    is_wrong = case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY)
    return not (is_form and is_wrong)
