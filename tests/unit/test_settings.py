from dataclasses import dataclass

import pytest

from lahja.core.errors import LahjaError
from lahja.core.settings import execution_only, parse_settings, with_execution, without_execution


@dataclass(frozen=True)
class Oven:
    degrees: int
    trays: tuple[str, ...] = ()


def test_settings_fill_a_dataclass_and_freeze_lists() -> None:
    assert parse_settings(Oven, {"degrees": 200, "trays": ["a"]}) == Oven(200, ("a",))


@pytest.mark.parametrize(
    ("values", "message"), [({"degree": 1}, "'degree'"), ({"trays": []}, "'degrees'")]
)
def test_a_wrong_key_is_named(values: dict, message: str) -> None:
    with pytest.raises(LahjaError, match=message):
        parse_settings(Oven, values)


TRAINING = {
    "learning_rate": 1e-4,
    "batch": 2,
    "accumulation": 4,
    "checkpoint_steps": 200,
    "gradient_checkpointing": None,
    "gpu": 1,
    "report_to": "none",
}


def test_results_depend_on_the_size_of_an_update_not_on_how_it_is_shared_out() -> None:
    kept = without_execution(TRAINING)
    assert kept == {"learning_rate": 1e-4, "update_examples": 8}
    other = TRAINING | {"batch": 8, "accumulation": 1, "checkpoint_steps": 1, "gpu": 2}
    assert without_execution(other) == kept
    assert without_execution(TRAINING | {"accumulation": 5}) != kept


def test_nested_settings_are_kept_apart_too() -> None:
    nested = {"decoding": {"batch": 4, "top_p": 0.9}, "names": ["batch"]}
    assert without_execution(nested) == {"decoding": {"top_p": 0.9}, "names": ["batch"]}


def test_both_kinds_together_are_what_they_were() -> None:
    execution = execution_only(TRAINING)
    assert execution == {
        "accumulation": 4, "batch": 2, "checkpoint_steps": 200, "gradient_checkpointing": None,
    }  # fmt: skip
    resources = {"gpu", "report_to"}
    merged = with_execution(without_execution(TRAINING), execution)
    assert merged == {key: value for key, value in TRAINING.items() if key not in resources}
    assert with_execution({"precision": "fp32"}, execution_only({"batch": 64})) == {
        "precision": "fp32", "batch": 64,
    }  # fmt: skip
