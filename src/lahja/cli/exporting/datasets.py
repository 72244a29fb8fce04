"""Rows of a dataset as Parquet, in TRL's layout and in LLaMA-Factory's."""

from pathlib import Path

import pandas as pd

from lahja.core.files import write_json
from lahja.prompts.chat import assistant_turn, user_turn

# The folders of the two layouts, which are also the dataset's configurations on the hub.
TRL, LLAMA_FACTORY = "trl", "llama-factory"
FILE = "train.parquet"


def write_dataset(name: str, rows: pd.DataFrame, output: Path) -> None:
    """Write PAIRS or EXAMPLES into a folder, in both layouts, with `dataset_info.json`.

    TRL's has conversations, and all further columns; LLaMA-Factory's has plain texts.
    """
    is_pairs = "chosen" in rows
    sides = ["chosen", "rejected"] if is_pairs else ["completion"]
    plain = rows[["prompt", *sides]]
    talks = pd.DataFrame({side: plain[side].map(assistant_turn) for side in sides})
    talks.insert(0, "prompt", plain["prompt"].map(user_turn))
    for layout, frame in ((TRL, talks.join(rows.drop(columns=plain))), (LLAMA_FACTORY, plain)):
        (output / layout).mkdir(parents=True)
        frame.to_parquet(output / layout / FILE, index=False)
    columns = {side if is_pairs else "response": side for side in sides} | {"prompt": "prompt"}
    about = {"file_name": f"{LLAMA_FACTORY}/{FILE}", "ranking": is_pairs, "columns": columns}
    write_json(output / "dataset_info.json", {name: about})
