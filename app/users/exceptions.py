"""What can be wrong with a login."""

from app.core.exceptions import NotAuthenticated


class LoginLinkInvalid(NotAuthenticated):
    """The link or code was used already, has expired, or never was one."""

    code = "login_link_invalid"
    detail = "This link or code has been used, has expired or is wrong: ask for a new one."
