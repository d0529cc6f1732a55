"""What gives way, on systems that know no priorities of threads."""

import os
import sys

import pytest

from app.core.priorities import give_way


class TestGiveWay:
    """give_way()."""

    def test_other_systems_keep_their_priority(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """On macOS, where a thread's id is no process's, nothing is asked for and nothing fails."""

        def refuse(*_: object) -> None:
            raise ProcessLookupError

        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setattr(os, "getpriority", refuse)
        monkeypatch.setattr(os, "setpriority", refuse)
        give_way()
