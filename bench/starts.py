"""List what starting a rule's process takes, by processor time.

python bench/starts.py [SCRIPT ...] [--rounds 3]

First the imports of each script, those inside its `main` too; then what loading a model imports
besides. Each runs in a process of its own; medians of user and system seconds.
"""

import argparse
import ast
import os
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median

START = "from lahja.core.command import run\nrun(lambda: None, [])\n"
SCRIPTS = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
_TABLES = "import lahja.core.tables, torch"
MODELS = {
    "a scorer": f"{_TABLES}\nfrom transformers import AutoTokenizer, BertForSequenceClassification",
    "a language model": f"{_TABLES}\nfrom transformers import AutoTokenizer, LlamaForCausalLM",
    "with an adapter": f"{_TABLES}, peft\nfrom transformers import AutoTokenizer, LlamaForCausalLM",
    "training": f"{_TABLES}\nfrom trl import DPOTrainer, SFTTrainer",
}


def main() -> None:
    """Run it and print one line per script, the slowest first, and per kind of model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scripts", type=Path, nargs="*", default=sorted(SCRIPTS.glob("*.py")))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    scripts = {script.stem: imports_of(script) for script in options.scripts}
    print(f"load {os.getloadavg()[0]:.1f}")
    for programs in (scripts, MODELS):
        took = {
            name: median(seconds(code) for _ in range(options.rounds))
            for name, code in programs.items()
        }
        for name in sorted(took, key=took.__getitem__, reverse=True):
            print(f"{name:<26}{took[name]:6.2f} s")


def imports_of(script: Path) -> str:
    """Return all import statements of a script, those inside functions too."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, found))


def seconds(code: str) -> float:
    """Return the processor time of a process that runs a piece of Python."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", START + code], capture_output=True, check=True)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
