"""Run a command on GPUs that no other job on this machine has: a prefix in a rule's shell."""

from lahja.command import run


def main(command: list[str], /, gpu: int = 1) -> None:
    """Lease as many devices as GPU says, then become the command that follows `--`."""
    from lahja.gpu_lease import run_leased

    run_leased(gpu, command)


if __name__ == "__main__":
    run(main)
