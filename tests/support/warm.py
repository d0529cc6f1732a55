"""Does once what every command would do first: for the process that commands are forked from."""

import pugsql.parser
from pydantic import SecretStr

from app.db import create_database
from settings import Settings
from tests.support.queries import parsed_once

pugsql.parser.parse = parsed_once()
create_database(Settings(DATABASE_URL=SecretStr("postgresql://127.0.0.1/none")))  # connects not yet
