"""What a rule's process imports before it works: no heavy package, whatever it computes."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from starts import SCRIPTS, imports_of

# What loads a model imports these where it loads it; no script needs the others at all.
HEAVY = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "accelerate",
    "vllm",
    "scipy",
    "duckdb",
)


def test_no_script_imports_a_heavy_package_before_a_model_is_loaded() -> None:
    code = "\n".join(imports_of(script) for script in sorted(SCRIPTS.glob("*.py")))
    assert "from lahja.scoring.judges import" in code
    code += f"\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
