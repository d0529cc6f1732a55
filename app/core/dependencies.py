"""Providers that every domain's endpoints use.

Providers are coroutines: FastAPI would run a plain function in a thread, at each request.
"""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import SecurityScopes

from app.core.caller import Caller, Scope
from app.core.exceptions import Forbidden, NotAuthenticated
from settings import Settings


async def get_settings(request: Request) -> Settings:
    """The settings of this process."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDependency = Annotated[Settings, Depends(get_settings)]


async def get_caller(request: Request, needed: SecurityScopes) -> Caller:
    """Whoever the request is made for; Forbidden where their key lacks a scope."""
    caller: Caller = request.state.caller
    for scope in needed.scopes:
        if scope not in caller.scopes:
            raise Forbidden(f"This key lacks the scope `{scope}`.")
    return caller


async def get_person(request: Request) -> Caller:
    """A user who is here in person: no key makes or ends keys, or deletes its user."""
    caller: Caller = request.state.caller
    if caller.user_id is None:
        raise NotAuthenticated
    if caller.key_uuid is not None:
        raise Forbidden("This needs a session: no key can do it.")
    return caller


async def get_base_url(request: Request, settings: SettingsDependency) -> str:
    """The address of this service as its clients know it, without a slash at the end."""
    if settings.PUBLIC_URL is not None:
        return settings.PUBLIC_URL.rstrip("/")
    host = request.headers.get("host") or request.url.netloc
    return f"{request.scope['scheme']}://{host}{request.scope['root_path']}"


Reader = Annotated[Caller, Security(get_caller, scopes=[Scope.READ])]
Asker = Annotated[Caller, Security(get_caller, scopes=[Scope.ASK])]
Ingester = Annotated[Caller, Security(get_caller, scopes=[Scope.INGEST])]
Person = Annotated[Caller, Depends(get_person)]
