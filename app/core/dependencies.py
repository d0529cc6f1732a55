"""Providers that every domain's endpoints use."""

from typing import Annotated

from fastapi import Depends, Request

from settings import Settings


def get_settings(request: Request) -> Settings:
    """The settings of this process."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDependency = Annotated[Settings, Depends(get_settings)]
