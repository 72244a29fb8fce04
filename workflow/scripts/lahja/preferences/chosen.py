"""The chosen sides of preference pairs as examples to fine-tune on.

What preference training gains must be told from what as much more training on the same texts
gains: the control learns from the chosen sides alone, with nothing rejected.
"""

import pandas as pd

from lahja.errors import LahjaError
from lahja.tables import EXAMPLES


def chosen_examples(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return EXAMPLES of the chosen sides of PAIRS, each as often as it stands there.

    Raises `LahjaError` where there are no pairs.
    """
    if pairs.empty:
        raise LahjaError("no preference pairs, whose chosen sides are to be learnt")
    examples = pairs.assign(
        example_id=pairs["pair_id"], variety=pairs["chosen_label"], completion=pairs["chosen"]
    )
    return examples[EXAMPLES.names].reset_index(drop=True)
