"""Hand a model or a dataset of a finished run on: a folder for the hub, with its card.

NAME is a model or a dataset of the run's configuration, --run its folder, results/<run>, --to a
folder to make. README.md there is the card, from the run's records alone.

Of a model it is the adapter, for peft and vLLM, or with --merge a whole model, for transformers,
vLLM and llama.cpp: the base model with the adapter merged in, in the base model's number format,
or in --precision bf16 or fp32. Of a dataset it is Parquet in TRL's layout and in LLaMA-Factory's;
a corpus that is not `redistributable` stops it. --push OWNER/NAME uploads the folder to the
Hugging Face hub, as a private repository where there is none.
"""

from pathlib import Path

from lahja.cli.exporting import cards
from lahja.cli.exporting.files import Weights, write_adapter, write_dataset, write_merged
from lahja.cli.exporting.record import Record
from lahja.core.errors import LahjaError, hint
from lahja.core.files import atomic_path, write_text
from lahja.core.hub import expect_pushable, push_folder


def main(
    name: str,
    /,
    *,
    run: Path,
    to: Path,
    merge: bool = False,
    precision: str | None = None,
    push: str | None = None,
) -> None:
    """Write the folder, and push it where that is asked for."""
    record = Record(run)
    models, datasets = record.graph.models, record.config["datasets"]
    if (name in models) == (name in datasets):
        raise LahjaError(f"{name}: expected one model or dataset of {run}; "
                         f"{hint(name, {**models, **datasets})}")  # fmt: skip
    kind = "model" if name in models else "dataset"
    if precision not in (None, "bf16", "fp32") or (precision and not merge):
        raise LahjaError(f"--precision {precision}: expected bf16 or fp32, and --merge")
    if merge and kind == "dataset":
        raise LahjaError(f"--merge: {name} is a dataset; expected a model")
    if to.exists():
        raise LahjaError(f"{to}: is there already; expected a folder to make")
    if push is not None:
        expect_pushable(push)
    with atomic_path(to) as folder:
        if kind == "model":
            weights = _write_model(record, name, merge, precision, folder)
            card = cards.model_card(record, name, weights)
        else:
            rows = record.rows(name)
            record.expect_redistributable(name, rows)
            asked = rows[rows["prompt"].notna()]
            if asked.empty:
                raise LahjaError(
                    f"datasets.{name}: plain text; only examples with a prompt are exported"
                )
            write_dataset(name, asked, folder)
            card = cards.dataset_card(record, name, rows)
        write_text(folder / "README.md", card)
    print(f"written: {to}")
    if push is not None:
        print(f"pushed: {push_folder(kind, push, to)}")


def _write_model(
    record: Record, name: str, merge: bool, precision: str | None, folder: Path
) -> Weights:
    model = record.graph[name]
    if not model.is_adapter:
        told = f"is {model.answers_as_others or 'a base model'}"
        raise LahjaError(f"models.{name}: {told}; expected a model with an adapter of its own")
    base, adapter = record.base(name), record.place(f"models/{name}")
    if not merge:
        return write_adapter(base, adapter, folder)
    weights = write_merged(base, adapter, precision, folder)
    if weights.lost:
        print(f"rounding to {weights.dtype} changed the adapter's update by {weights.lost:.1%}")
    return weights
