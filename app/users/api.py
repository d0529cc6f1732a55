"""Registration, sign-in, the user who is signed in, and API keys."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response, status
from fastapi.responses import StreamingResponse

from app.core.dependencies import Person, Reader, SettingsDependency
from app.core.exceptions import Conflict, DatabaseUnavailable, NotFound
from app.core.openapi import VALIDATION_PROBLEM, problems
from app.users.cookies import SessionCookie
from app.users.dependencies import (
    ApiKeyServiceDependency,
    CredentialsDependency,
    LoginMailQueueDependency,
    LoginServiceDependency,
    UserServiceDependency,
)
from app.users.exceptions import LoginLinkInvalid
from app.users.models import (
    Accepted,
    Address,
    ApiKey,
    CreatedApiKey,
    LoginConsumption,
    NewApiKey,
    User,
)
from app.users.openapi import ACCEPTED, CREATED_KEY, EXPORT, KEYS, LOGGED_IN, USER

KeyUuid = Annotated[UUID, Path(description="The uuid of the key.")]

router = APIRouter(prefix="/v1", tags=["Users"], responses=VALIDATION_PROBLEM)

MAIL: Final = ACCEPTED | problems(DatabaseUnavailable)


@router.post("/users", summary="Register", status_code=status.HTTP_202_ACCEPTED, responses=MAIL)
async def register(address: Address, mails: LoginMailQueueDependency, request: Request) -> Accepted:
    """Mails a sign-in link to an address; using it makes the user, where there is none yet."""
    await mails.request(address.email, _client(request), register=True)
    return Accepted()


@router.post(
    "/login", summary="Ask for a sign-in link", status_code=status.HTTP_202_ACCEPTED, responses=MAIL
)
async def login(address: Address, mails: LoginMailQueueDependency, request: Request) -> Accepted:
    """Mails a sign-in link to a user; to an unknown address nothing is mailed."""
    await mails.request(address.email, _client(request), register=False)
    return Accepted()


@router.post(
    "/login/consume",
    summary="Sign in with a link or a code",
    responses=LOGGED_IN | problems(LoginLinkInvalid, DatabaseUnavailable),
)
async def consume_login(
    given: LoginConsumption,
    logins: LoginServiceDependency,
    settings: SettingsDependency,
    response: Response,
) -> User:
    """Uses up a link, or a code with its address, and starts a session."""
    user, session = await logins.consume(given)
    response.headers["Set-Cookie"] = SessionCookie(settings).set(session)
    return user


@router.post(
    "/logout",
    summary="Sign out",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(DatabaseUnavailable),
)
async def logout(
    request: Request,
    credentials: CredentialsDependency,
    settings: SettingsDependency,
    response: Response,
) -> None:
    """Ends the session."""
    cookie = SessionCookie(settings)
    if (token := cookie.read(request.headers)) is not None:
        await credentials.end_session(token)
    response.headers["Set-Cookie"] = cookie.clear()


@router.get("/me", summary="See who you are", responses=USER | problems(DatabaseUnavailable))
async def get_me(caller: Reader, users: UserServiceDependency) -> User:
    """The user whose session or key this is."""
    return await users.me(caller)


@router.delete(
    "/me",
    summary="Delete yourself, and all that is yours",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(DatabaseUnavailable),
)
async def delete_me(
    caller: Person,
    users: UserServiceDependency,
    credentials: CredentialsDependency,
    settings: SettingsDependency,
    response: Response,
) -> None:
    """Deletes the user, and all that is theirs: messages, documents, keys and sessions."""
    await users.delete(caller)
    credentials.forget()
    response.headers["Set-Cookie"] = SessionCookie(settings).clear()


@router.get(
    "/me/export",
    summary="Export all that is yours",
    response_class=StreamingResponse,
    responses=EXPORT | problems(DatabaseUnavailable),
)
async def export_me(caller: Reader, users: UserServiceDependency) -> StreamingResponse:
    """All that is the user's, as JSON lines."""
    await users.me(caller)
    return StreamingResponse(
        users.export(caller),
        media_type="application/x-ndjson",
        headers={"Cache-Control": "no-store"},
    )


@router.post(
    "/api-keys",
    summary="Make an API key",
    status_code=status.HTTP_201_CREATED,
    responses=CREATED_KEY | problems(Conflict, DatabaseUnavailable),
)
async def create_api_key(
    caller: Person, new: NewApiKey, api_keys: ApiKeyServiceDependency
) -> CreatedApiKey:
    """Makes a key, which is shown here and never again."""
    return await api_keys.create(caller, new)


@router.get("/api-keys", summary="List API keys", responses=KEYS | problems(DatabaseUnavailable))
async def list_api_keys(caller: Reader, api_keys: ApiKeyServiceDependency) -> list[ApiKey]:
    """The user's keys, newest first."""
    return await api_keys.list(caller)


@router.delete(
    "/api-keys/{uuid}",
    summary="End an API key",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(NotFound, DatabaseUnavailable),
)
async def delete_api_key(caller: Person, uuid: KeyUuid, api_keys: ApiKeyServiceDependency) -> None:
    """Ends a key: within 5 seconds nobody gets in with it."""
    await api_keys.delete(caller, uuid)


def _client(request: Request) -> str:
    """The address that a request came from; a socket file has none."""
    return request.client.host if request.client else ""
