"""Training in several processes of one machine, one for each GPU.

A command starts itself again so often through torch's launcher; transformers' trainer then finds
the others and averages the gradients (DDP, over NCCL on GPUs and gloo on the CPU).
"""

import ctypes
import logging
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from lahja.core.errors import LahjaError

# How long a process that was told to stop may take to save its checkpoint.
_SECONDS_TO_SAVE = 120
_SET_DEATH_SIGNAL = 1


def in_processes(processes: int, work: Callable[[], None]) -> None:
    """Do the work in so many processes of this command; 0 or 1 do it here.

    In the launching process this returns when all have ended well. A `LahjaError` of one of them
    is raised there, once; a traceback of another error comes from the process that it hit.
    """
    if is_one_of_several():
        _do_my_part(work)
    elif processes > 1:
        _launch(processes)
    else:
        work()


def is_one_of_several() -> bool:
    """Say whether this process was started as one of several."""
    return "TORCHELASTIC_RUN_ID" in os.environ


def is_first_process() -> bool:
    """Say whether this process is the one that writes files."""
    return not is_one_of_several() or os.environ["RANK"] == "0"


def first_process_first(device: str) -> AbstractContextManager[None]:
    """Return the block that the first process goes through before the others do."""
    if not is_one_of_several():
        return nullcontext()
    from accelerate import PartialState

    return PartialState(cpu=device == "cpu").main_process_first()


def _launch(processes: int) -> None:
    # The launcher repeats at length what the processes have said themselves.
    logging.disable(logging.ERROR)
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import parse_args, run

    with tempfile.TemporaryDirectory(prefix="lahja-processes-") as folder:
        here = ("--rdzv-backend=c10d", "--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1")
        how = (f"--shutdown-timeout={_SECONDS_TO_SAVE}", f"--log-dir={folder}")
        command = [f"--nproc-per-node={processes}", f"--rdzv-id={os.getpid()}", *sys.argv]
        try:
            run(parse_args([*here, *how, *command]))
        except ChildFailedError as error:
            raise LahjaError(_reason(error)) from None
        except SignalException as told:
            name = signal.Signals(told.sigval).name
            sys.stderr.write(f"lahja: stopped by {name}; run it again to resume\n")
            sys.exit(128 + told.sigval)


def _reason(error) -> str:
    rank, failure = error.get_first_failure()
    if isinstance(failure.message, dict):
        return failure.message["message"].removeprefix(f"{LahjaError.__name__}: ")
    if failure.exitcode < 0:
        return f"training process {rank} was killed by {signal.Signals(-failure.exitcode).name}"
    return f"training process {rank} ended with code {failure.exitcode}; see what it said above"


def _do_my_part(work: Callable[[], None]) -> None:
    if sys.platform == "linux":
        # The kernel ends this process when its launcher dies, so that its GPU is free then.
        ctypes.CDLL(None).prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
    if not is_first_process():
        # What all have to say is said once.
        warnings.simplefilter("ignore")
        os.environ["TRANSFORMERS_VERBOSITY"] = "error"
    try:
        work()
    except LahjaError as error:
        from torch.distributed.elastic.multiprocessing.errors import get_error_handler

        get_error_handler().record_exception(error)
        sys.exit(1)
    group = sys.modules.get("torch.distributed")
    if group and group.is_initialized():
        from accelerate import PartialState

        # For the process that writes the model: one that leaves early may fail the others.
        PartialState().wait_for_everyone()
        group.destroy_process_group()
