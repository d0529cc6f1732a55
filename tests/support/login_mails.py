"""Mails with magic links, and what people do with them."""

import re
from email.message import EmailMessage

import httpx2

from tests.support.server import problem_of
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

ANN = {"email": "ann@example.com"}


async def mailed(smtp: SmtpServer, count: int = 1) -> EmailMessage:
    """The newest of so many mails."""
    await until(lambda: len(smtp.emails) >= count)
    assert len(smtp.emails) == count
    return smtp.emails[-1]


def token_in(mail: EmailMessage) -> str:
    """The token of the link in a mail."""
    [token] = re.findall(
        r"^http://brag\.test/prefix/login#token=(\S+)$", mail.get_content(), re.MULTILINE
    )
    return str(token)


def code_in(mail: EmailMessage) -> str:
    """The code in a mail."""
    [code] = re.findall(r": ([0-9A-Z]{8})$", mail.get_content(), re.MULTILINE)
    return str(code)


async def mail_to_ann(client: httpx2.AsyncClient, smtp: SmtpServer) -> EmailMessage:
    """What Ann is mailed when she registers."""
    count = len(smtp.emails)
    assert (await client.post("/v1/users", json=ANN)).status_code == 202
    return await mailed(smtp, count + 1)


async def consume(client: httpx2.AsyncClient, **given: str) -> httpx2.Response:
    """Uses up what a mail held."""
    return await client.post("/v1/login/consume", json=given)


def assert_invalid(response: httpx2.Response) -> None:
    """The link or code is refused, and no session begins."""
    problem = problem_of(response)
    assert (problem["status"], problem["code"]) == (401, "login_link_invalid")
    assert response.headers["www-authenticate"] == "Bearer"
    assert "set-cookie" not in response.headers
