"""`brag run` runs the whole product on one machine, with no key and no container.

It starts Postgres where DATABASE_URL is not set, applies the migrations, starts a local model
where neither OPENAI_API_KEY nor OPENAI_BASE_URL is set, and serves the API.
"""

import argparse
import asyncio
import logging
import os
import sys
from typing import Final

from app.core.arguments import common_options
from app.core.exceptions import ConfigurationError
from app.core.signals import Interrupted, until_signal
from app.embedded.launcher import Launcher
from settings import load_settings

logger = logging.getLogger("app.embedded")

SETTINGS: Final = ("HOST", "PORT")


def main() -> int:
    """Runs until Ctrl-C or SIGTERM; the exit code is 1 where the start fails."""
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    logger.setLevel(logging.INFO)
    arguments = _parse_arguments()
    # As the settings they are: checked like these, and seen by every part.
    os.environ |= {name: value for name in SETTINGS if (value := getattr(arguments, name))}
    try:
        asyncio.run(until_signal(Launcher(load_settings(), reload=arguments.reload).run()))
    except Interrupted:
        return 0
    except ConfigurationError as error:
        logger.critical("%s", error)
        return 1
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="brag run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options()],
    )
    parser.add_argument("--host", dest="HOST", help="the address to listen on")
    parser.add_argument("--port", dest="PORT", help="0 chooses a free one")
    parser.add_argument("--reload", action="store_true", help="restart when the code changes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
