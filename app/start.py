"""What a start says in the log: what it will ask and where, and what an operator should mend."""

import logging

from app.core.api import IndexProbe
from app.core.exceptions import ServiceUnavailable
from app.core.llm import place
from app.core.logs import explanation
from app.db import Database, DatabaseError
from settings import Settings, misspelt_settings

logger = logging.getLogger(__name__)


def say_settings(settings: Settings) -> None:
    """Which model is asked, and which settings do not say what they seem to."""
    base_url = settings.OPENAI_BASE_URL
    logger.info("Questions go to the model %s at %s", settings.OPENAI_MODEL, place(base_url))
    for other in settings.OPENAI_FALLBACKS:
        elsewhere = place(other.base_url or base_url)
        logger.info("Where that fails, they go to the model %s at %s", other.model, elsewhere)
    allowed = settings.OPENAI_ALLOWED_MODELS
    if allowed is not None and settings.OPENAI_MODEL not in allowed:
        logger.warning(
            "OPENAI_MODEL %s is not among OPENAI_ALLOWED_MODELS, and answers all the same where a "
            "request names no model",
            settings.OPENAI_MODEL,
        )
    for name, meant in misspelt_settings(settings).items():
        logger.warning("%s is no setting, and does nothing: is %s meant?", name, meant)


async def say_state(database: Database, index: IndexProbe) -> None:
    """What Postgres and the index lack."""
    try:
        await database.ready()
        state = await index()
    except (ServiceUnavailable, DatabaseError) as error:
        logger.warning("The service begins its work when this is mended: %s", explanation(error))
    else:
        if state.advice and not state.is_other:  # which is said where it is found
            logger.warning("%s", state.advice)
