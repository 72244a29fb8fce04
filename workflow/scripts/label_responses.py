"""Label responses, or translations of them, with the dialect classifier."""

from pathlib import Path

from lahja.core.command import run


def main(
    root: Path,
    responses: list[Path],
    origin: str,
    settings: dict,
    output: Path,
    adapter: Path | None = None,
) -> None:
    """Write CANDIDATES of GENERATIONS; their origin is "generated" or "translated"."""
    import pandas as pd

    from lahja.core.tables import CANDIDATES, GENERATIONS, read_table, write_table
    from lahja.models.option_logits import Labeller
    from lahja.preferences.labelling import label_responses

    labeller = Labeller(root, adapter, **settings)
    found = pd.concat([read_table(path, GENERATIONS) for path in responses], ignore_index=True)
    write_table(output, label_responses(labeller, found, origin), CANDIDATES)


if __name__ == "__main__":
    run(main)
