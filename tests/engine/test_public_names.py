"""The public names of the package `orderly`."""

import pytest

import orderly

NAMES = sorted(name for name in orderly._MODULES)


@pytest.mark.parametrize("name", NAMES)
def test_public_name_is_importable(name: str) -> None:
    assert getattr(orderly, name).__name__ == name


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        orderly.Nothing  # noqa: B018  # reading it is the test
