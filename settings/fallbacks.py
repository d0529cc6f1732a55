"""Models that answer in the place of OPENAI_MODEL, and where."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from settings.values import base_of_api, sendable

ApiUrl = Annotated[str, AfterValidator(base_of_api)]
Key = Annotated[SecretStr, AfterValidator(sendable)]
WORD: Final = re.compile(r"(.+?)(?:@(https?://.*))?")  # names of models may have an @ too


class Fallback(BaseModel):
    """One of OPENAI_FALLBACKS: `MODEL`, `MODEL@BASE_URL`, or a JSON object of these fields.

    Without both it is another model of OPENAI_BASE_URL; OPENAI_API_KEY goes to no other address.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    model: str = Field(min_length=1)
    base_url: ApiUrl | None = None
    api_key: Key | None = None

    @property
    def is_elsewhere(self) -> bool:
        """Whether it has an address or a key of its own."""
        return self.base_url is not None or self.api_key is not None

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        if isinstance(given, dict):
            return given
        word = WORD.fullmatch(given) if isinstance(given, str) else None
        if word is None:
            raise ValueError(
                "must be MODEL, MODEL@BASE_URL, or an object of model, base_url and api_key"
            )
        return {"model": word[1], "base_url": word[2]}
