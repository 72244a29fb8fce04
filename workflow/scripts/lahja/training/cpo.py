"""TRL's trainer of CPO and SimPO, reading pairs as its DPO trainer does.

TRL 1.16's own tokenizing puts an end-of-turn token behind a template that already has one and a
line break, as Qwen's, so that the model learns to end twice.
"""

from typing import TYPE_CHECKING

from lahja.chat import example_tokens

if TYPE_CHECKING:
    from trl.experimental.cpo import CPOTrainer

_NO_LOSS = -100


def template_cpo_trainer() -> "type[CPOTrainer]":
    """Return the trainer class; its rows are plain prompt, chosen and rejected texts."""
    from trl.experimental.cpo import CPOTrainer

    class TemplateCpoTrainer(CPOTrainer):
        """CPO on exactly the tokens of the model's chat template."""

        def tokenize_row(self, feature, model=None):
            """Return the tokens of both sides by the chat template, in place of TRL's own."""
            answers = [feature["chosen"], feature["rejected"]]
            prompts = [feature["prompt"]] * 2
            read = example_tokens(self.processing_class, prompts, answers)
            row = {}
            for side, (ids, start) in zip(("chosen", "rejected"), read, strict=True):
                ids = ids[: self.max_length]
                row[f"{side}_input_ids"] = ids
                row[f"{side}_attention_mask"] = [1] * len(ids)
                row[f"{side}_labels"] = [_NO_LOSS] * start + ids[start:]
            return row

    return TemplateCpoTrainer
