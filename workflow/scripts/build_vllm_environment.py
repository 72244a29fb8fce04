"""Build the environment in which the vllm backend runs."""

from pathlib import Path

from lahja.command import run


def main(torch: Path, lock: Path, output: Path) -> None:
    """Make OUTPUT a virtual environment with TORCH's requirements and exactly LOCK's."""
    from lahja.environments import build_environment

    build_environment(output, torch, lock, proof="from vllm import EngineArgs, LLMEngine")


if __name__ == "__main__":
    run(main)
