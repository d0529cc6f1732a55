"""Mails with magic links: asked for by requests, sent by jobs."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from app.core.background import background
from app.core.caller import SERVICE
from app.core.metrics.instruments import Metrics
from app.db import Database
from app.emails.exceptions import EmailRefused
from app.emails.models import Email
from app.emails.sender import EmailSender, create_sender
from app.jobs.constants import NO_DOCUMENT
from app.jobs.job import Job
from app.jobs.worker import Handler, Worker
from app.users.constants import MAGIC_LINK_MINUTES, MAX_MAIL_ATTEMPTS
from app.users.login import LoginService
from settings import Settings

logger = logging.getLogger(__name__)

SIZES: Final = (None, None)  # two jobs at a time: one that hangs does not hold up all mails
TEXT: Final = """Hello,

open this link to sign in to {name}:

{link}

Or type this code at {page}: {code}

Both work once, for {minutes} minutes. If you did not ask for this mail, you need not do anything.
"""


class LoginMailQueue:
    """Queues mails with links. `count` may raise RateLimited; `notify` wakes the worker."""

    def __init__(
        self, database: Database, count: Callable[[str, str], None], notify: Callable[[], None]
    ) -> None:
        self._database = database
        self._count = count
        self._notify = notify

    async def request(self, email: str, client: str, *, register: bool) -> None:
        """Queues the mail of a link to a known address, or with `register` to any.

        Whether the address is known is looked up by the job, so nobody learns it from the time.
        Raises RateLimited where too many mails went to the address, or for this client.
        """
        self._count(email, client)
        await self._database.query(
            SERVICE, "insert_mail_job", document_uuid=NO_DOCUMENT, email=email, register=register
        )
        self._notify()


class LoginMailer:
    """Sends the mails that LoginMailQueue has queued."""

    def __init__(
        self, database: Database, logins: LoginService, sender: EmailSender, app_name: str
    ) -> None:
        self._database = database
        self._logins = logins
        self._sender = sender
        self._app_name = app_name

    async def mail(self, job: Job) -> None:
        """Makes a link and mails it; raises MailUnavailable to be tried again."""
        assert job.payload is not None
        email = job.payload["email"]
        is_wanted = job.payload["register"] or await self._is_known(email)
        mail = await self._write(email)  # also for a stranger, whose codes then take as long
        if is_wanted and job.attempts <= MAX_MAIL_ATTEMPTS:
            try:
                await self._sender.send(mail)
            except EmailRefused as error:
                logger.warning("The mail of a login was refused: %s", error)
        await self.finish(job)

    async def finish(self, job: Job) -> None:
        """Ends the job, whether or not a mail has gone out."""
        await self._database.run(SERVICE, job.finish)

    async def _write(self, email: str) -> Email:
        link, code = await self._logins.link(email)
        page, _, _ = link.partition("#")
        text = TEXT.format(
            name=self._app_name, link=link, page=page, code=code, minutes=MAGIC_LINK_MINUTES
        )
        return Email(email, f"Sign in to {self._app_name}", text)

    async def _is_known(self, email: str) -> bool:
        row = await self._database.query(SERVICE, "get_user_by_email", email=email)
        return row is not None


@asynccontextmanager
async def open_mail_queue(
    database: Database,
    logins: LoginService,
    settings: Settings,
    count: Callable[[str, str], None],
    metrics: Metrics,
) -> AsyncIterator[LoginMailQueue]:
    """A LoginMailQueue, with a worker that sends what is queued."""
    mailer = LoginMailer(database, logins, create_sender(settings), settings.APP_NAME)
    handlers = {"mail": Handler(mailer.mail, mailer.finish)}
    worker = Worker(database, handlers, SIZES, metrics=metrics)
    async with background(worker.run()):
        yield LoginMailQueue(database, count, worker.wake)
