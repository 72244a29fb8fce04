"""The order in which TRL's trainers read their rows."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

# Rows are shuffled, then sorted by length and cut into batches within so many batches at a time.
_BATCHES_AT_A_TIME = 50


class LengthGroupedOrder:
    """Rows of like length together, in an order that the seed and the epoch alone fix.

    transformers' own sampler draws from the global state, so that a resumed run would read
    other batches than the interrupted one.
    """

    def __init__(self, lengths: Sequence[int], batch: int, seed: int):
        """Take each row's length, and how many rows one optimiser step reads."""
        self._lengths, self._batch, self._seed, self._epoch = lengths, batch, seed, 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._lengths)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order is iterated next."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        """Yield row numbers."""
        order = list(range(len(self._lengths)))
        dice = random.Random(f"{self._seed}:{self._epoch}")
        dice.shuffle(order)
        span = self._batch * _BATCHES_AT_A_TIME
        for start in range(0, len(order), span):
            rows = sorted(order[start : start + span], key=self._lengths.__getitem__)
            batches = [rows[at : at + self._batch] for at in range(0, len(rows), self._batch)]
            # The batch that is not full stays last, or it would tear the others apart.
            full, rest = batches[:-1], batches[-1]
            dice.shuffle(full)
            for batch in [*full, rest]:
                yield from batch


def grouped_by_length(
    trainer_class: "type[Trainer]", lengths_of: Callable[["Dataset"], list[int]]
) -> "type[Trainer]":
    """Return the trainer class with `LengthGroupedOrder` where its arguments ask for grouping."""

    class GroupedTrainer(trainer_class):
        """The trainer with an order of rows that survives a resume."""

        def _get_train_sampler(self, train_dataset=None):
            if self.args.train_sampling_strategy != "group_by_length":
                return super()._get_train_sampler(train_dataset)
            size = self.args.train_batch_size * self.args.gradient_accumulation_steps
            # Several processes take turns at the micro-batches, so the order is that of one.
            size *= self.args.world_size
            return LengthGroupedOrder(lengths_of(self.train_dataset), size, self.args.seed)

    return GroupedTrainer
