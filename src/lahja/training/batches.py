"""Whole updates, cut into micro-batches by tokens.

An update is on `batch` × `accumulation` examples, whatever the hardware. Processes share them, and
each works on its share in micro-batches of like length that fit its memory. The loss is summed and
divided by the whole update's tokens or pairs, so neither processes nor micro-batches change it.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lahja.core.config.training import Lora
from lahja.core.errors import LahjaError
from lahja.core.files import read_json, write_json

if TYPE_CHECKING:
    from datasets import Dataset
    from torch import Tensor
    from torch.utils.data import DataLoader

Metrics = dict[str, tuple["Tensor", "Tensor"]]
_RECORD = "micro-batches.json"
# Rows are shuffled, then sorted by length and cut into updates within so many updates at a time.
_UPDATES_AT_A_TIME = 50
# Without a GPU memory is not measured; larger micro-batches are no faster there.
_CPU_TOKENS = 4096
# Of the free memory, what a micro-batch may take: the rest is for the optimiser and fragmentation.
_MEMORY_SHARE = 0.8


class Updates:
    """A process's rows of each update, dealt out so that all get about as many tokens.

    The seed and the epoch alone fix their order, so that a resumed run reads on. Where an epoch's
    last update has fewer rows than there are processes, its first row is repeated.
    """

    def __init__(self, lengths: Sequence[int], settings: Lora, seed: int, rank: int, world: int):
        """Take each row's length, and which of `world` processes this one is."""
        self._lengths, self._seed, self._epoch = lengths, seed, 0
        self._share, self._size = slice(rank, None, world), settings.batch * settings.accumulation
        self._is_grouped = settings.group_by_length

    def __len__(self) -> int:
        """Return the number of updates in an epoch."""
        return -(-len(self._lengths) // self._size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is iterated next."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the row numbers of each update."""
        import torch

        generator = torch.Generator().manual_seed(self._seed + self._epoch)
        shuffled = torch.randperm(len(self._lengths), generator=generator).tolist()
        for rows in self._grouped() if self._is_grouped else self._cut(shuffled):
            yield rows[self._share] or rows[:1]

    def _grouped(self) -> Iterator[list[int]]:
        """Yield updates of rows of like length."""
        order, rng = [*range(len(self._lengths))], random.Random(f"{self._seed}:{self._epoch}")
        rng.shuffle(order)
        span = self._size * _UPDATES_AT_A_TIME
        for start in range(0, len(order), span):
            near = sorted(order[start : start + span], key=self._lengths.__getitem__)
            # The one that is not full stays last.
            *full, rest = self._cut(near)
            rng.shuffle(full)
            yield from (*full, rest)

    def _cut(self, rows: list[int]) -> list[list[int]]:
        return [rows[at : at + self._size] for at in range(0, len(rows), self._size)]


class TokenBudget:
    """How many tokens fit a micro-batch: set, measured at the first one, halved when memory ends.

    What was found is kept beside the checkpoints. Activations are recomputed (`checkpointing`)
    where the settings ask for it, or leave it open and the longest row does not fit otherwise.
    """

    def __init__(self, folder: Path, settings: Lora, device: str):
        """Take what is set, or what an earlier attempt has found."""
        self._path, self._is_open = folder / _RECORD, settings.gradient_checkpointing is None
        self.tokens = settings.micro_batch_tokens or (None if device == "cuda" else _CPU_TOKENS)
        self.checkpointing, self.longest = bool(settings.gradient_checkpointing), 1
        if self._path.is_file():
            found = read_json(self._path)
            self.tokens, self.checkpointing = found["tokens"], found["checkpointing"]

    @contextmanager
    def measured(self, tokens: int) -> Iterator[None]:
        """Find the budget, where there is none yet, from what a micro-batch of `tokens` takes."""
        import torch

        if self.tokens is not None:
            yield
            return
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        yield
        used = torch.cuda.max_memory_allocated() - before
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved()
        self.found(used / tokens, free - torch.cuda.memory_allocated())

    def found(self, bytes_per_token: float, free: float) -> None:
        """Set the budget from what a token takes and what is free."""
        self.tokens = int(_MEMORY_SHARE * free / bytes_per_token)
        if self.tokens < self.longest and self._is_open and not self.checkpointing:
            self.tokens, self.checkpointing = None, True
        self._write()

    @contextmanager
    def halved_when_out_of_memory(self) -> Iterator[None]:
        """Turn running out of GPU memory into one line, and let the next attempt take half as much.

        The process must end in between: only that gives back all of its memory.
        """
        import torch

        try:
            yield
        except torch.OutOfMemoryError:
            n_tokens = self.tokens or self.longest
            told = f"{self._path.parent}: out of GPU memory with {n_tokens} tokens at a time"
            if self.tokens and self.tokens > self.longest:
                self.tokens, then = self.tokens // 2, "half as many"
            elif self._is_open and not self.checkpointing:
                self.tokens, self.checkpointing, then = None, True, "recomputed activations"
            else:
                raise LahjaError(
                    f"{told}, the longest example: set gradient_checkpointing: true, a smaller "
                    "cutoff, or quantisation: nf4"
                ) from None
            self._write()
            cure = f"run it again to resume from the last checkpoint with {then}"
            raise LahjaError(f"{told}; {cure}") from None

    def _write(self) -> None:
        write_json(self._path, {"tokens": self.tokens, "checkpointing": self.checkpointing})


class ByTokens:
    """Mixed into a trainer of TRL: reads whole updates and works on them in micro-batches.

    The trainer's `lengths` are the tokens of each row, `count_terms` the number of terms that the
    loss of some rows is a mean of, and `summed_loss` their sum, with (sum, number) of each metric.
    """

    def read_by(self, settings: Lora, budget: TokenBudget) -> int:
        """Take the size and order of updates, and how many tokens fit; return the examples left."""
        self.settings, self.budget = settings, budget
        return len(self.train_dataset)

    def get_train_dataloader(self) -> "DataLoader":
        """Return the loader of this process's rows of each update."""
        from torch.utils.data import DataLoader

        data, args = self.train_dataset, self.args
        lengths = self.lengths(data)
        self.budget.longest = max(lengths)
        rows = Updates(lengths, self.settings, args.seed, args.process_index, args.world_size)
        loader = DataLoader(data, batch_sampler=rows, collate_fn=lambda rows: {"rows": rows})
        loader.set_epoch = rows.set_epoch
        return loader

    def training_step(self, model: Any, inputs: dict[str, list[dict]], *_: Any) -> "Tensor":
        """Add up the gradients of an update's micro-batches, and return its loss."""
        import torch

        model.train()
        rows = inputs["rows"]
        lengths = self.lengths(rows)
        counts = torch.tensor([self.count_terms(rows), sum(lengths)], device=self.args.device)
        n_terms, n_tokens = self.accelerator.reduce(counts)
        loss, sums = torch.zeros((), device=self.args.device), {}
        left = sorted(range(len(rows)), key=lambda place: -lengths[place])
        while left:
            self._choose_checkpointing(model)
            fitting = max(1, (self.budget.tokens or 1) // lengths[left[0]])
            places, left = left[:fitting], left[fitting:]
            batch = self._prepare_inputs(self.data_collator([rows[place] for place in places]))
            # Gradients are averaged over the processes once, with the last micro-batch.
            wait = self.accelerator.no_sync(model) if left else nullcontext()
            with wait, self.budget.measured(sum(lengths[place] for place in places)):
                with self.compute_loss_context_manager():
                    total, metrics = self.summed_loss(model, batch)
                part = total * self.args.world_size / n_terms
                self.accelerator.backward(part)
            loss += part.detach()
            for name, value in metrics.items():
                sums[name] = sums.get(name, 0) + torch.stack([*map(torch.as_tensor, value)])
        self._note(sums, n_tokens)
        return loss

    def _choose_checkpointing(self, model: Any) -> None:
        if self.budget.checkpointing and not self.args.gradient_checkpointing:
            self.args.gradient_checkpointing = True
            whole = self.accelerator.unwrap_model(model)
            whole.gradient_checkpointing_enable({"use_reentrant": False})

    def _note(self, sums: dict[str, "Tensor"], n_tokens: "Tensor") -> None:
        """Keep the update's means for the log, over all processes."""
        import torch

        reduced = self.accelerator.reduce(torch.stack([*sums.values()]).detach())
        for name, (total, number) in zip(sums, reduced.tolist(), strict=True):
            self._metrics["train"][name].append(total / number)
        self._total_train_tokens += int(n_tokens)
        self._metrics["train"]["num_tokens"] = [self._total_train_tokens]

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """Return 0: a count of operations is not kept."""
        return 0


def column_lengths(rows: "Dataset | list[dict]", name: str) -> list[int]:
    """Return how long the lists in a column are."""
    if isinstance(rows, list):
        return [len(row[name]) for row in rows]
    from pyarrow import compute

    return compute.list_value_length(rows.with_format("arrow")[:][name]).to_pylist()
