"""Providers that every domain's endpoints use.

Providers are coroutines: FastAPI would run a plain function in a thread, at each request.
"""

from typing import Annotated

from fastapi import Depends, Request

from settings import Settings


async def get_settings(request: Request) -> Settings:
    """The settings of this process."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDependency = Annotated[Settings, Depends(get_settings)]
