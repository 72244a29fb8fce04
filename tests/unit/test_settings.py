from dataclasses import dataclass

import pytest

from lahja.errors import LahjaError
from lahja.settings import parse_settings


@dataclass(frozen=True)
class Oven:
    degrees: int
    trays: tuple[str, ...] = ()


def test_settings_fill_a_dataclass_and_freeze_lists() -> None:
    assert parse_settings(Oven, {"degrees": 200, "trays": ["a"]}) == Oven(200, ("a",))


@pytest.mark.parametrize(
    ("values", "message"), [({"degree": 1}, "'degree'"), ({"trays": []}, "'degrees' is missing")]
)
def test_a_wrong_key_is_named(values: dict, message: str) -> None:
    with pytest.raises(LahjaError, match=message):
        parse_settings(Oven, values)
