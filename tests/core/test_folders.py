"""Folders of ours below one where everybody may write, as /tmp is."""

import os
from pathlib import Path

import pytest

from app.core.exceptions import ConfigurationError
from app.core.folders import make_private

SOMEBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder like /tmp."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def lead_astray(path: Path, target: Path, owner: int) -> None:
    """Puts a link of this owner where a folder is expected."""
    target.mkdir()
    path.symlink_to(target)
    os.chown(path, owner, -1, follow_symlinks=False)


class TestMakePrivate:
    def test_new_folders_are_closed(self, shared: Path) -> None:
        """What is made, folders above it too, is for its owner alone; what is there stays open."""
        make_private(shared / "data" / "qdrant")
        make_private(shared / "data" / "qdrant")
        for folder in (shared / "data", shared / "data" / "qdrant"):
            assert folder.stat().st_mode & 0o777 == 0o700
        assert shared.stat().st_mode & 0o777 == 0o777

    @as_root
    def test_folder_of_another_user_is_refused(self, shared: Path) -> None:
        """A folder that another user has made there is not used, nor is anything below it."""
        (shared / "data").mkdir()
        os.chown(shared / "data", SOMEBODY, -1)
        with pytest.raises(ConfigurationError, match="belongs to another user"):
            make_private(shared / "data" / "qdrant")
        assert list((shared / "data").iterdir()) == []

    @as_root
    def test_link_of_another_user_is_refused(self, shared: Path, tmp_path: Path) -> None:
        """A link that another user has put there is not followed, even to a folder of ours."""
        lead_astray(shared / "data", tmp_path / "ours", SOMEBODY)
        with pytest.raises(ConfigurationError, match="belongs to another user"):
            make_private(shared / "data" / "qdrant")
        assert list((tmp_path / "ours").iterdir()) == []

    @as_root
    def test_own_link_may_lead_to_own_folders_alone(self, shared: Path, tmp_path: Path) -> None:
        """A link of our own is followed, unless it leads to what another user has made."""
        lead_astray(tmp_path / "link", shared / "theirs", os.geteuid())
        make_private(tmp_path / "link" / "qdrant")
        os.chown(shared / "theirs", SOMEBODY, -1)
        with pytest.raises(ConfigurationError, match="theirs belongs to another user"):
            make_private(tmp_path / "link" / "qdrant")

    @as_root
    def test_folder_that_is_not_shared_may_be_given(self, tmp_path: Path) -> None:
        """Where nobody else may write, as in a mounted volume, a folder may be anybody's."""
        (tmp_path / "data").mkdir()
        os.chown(tmp_path / "data", SOMEBODY, -1)
        make_private(tmp_path / "data")
