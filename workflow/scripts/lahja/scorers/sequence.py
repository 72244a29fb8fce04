"""BERT-like models that say something of a whole text."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lahja.errors import LahjaError
from lahja.models.device import pick_dtype, use_device
from lahja.progress import counted
from lahja.training.batches import sorted_batches


@dataclass(frozen=True)
class ScorerSettings:
    """How scorers are run; texts are cut at `max_length` tokens or the model's own limit."""

    batch: int = 64
    max_length: int = 512
    precision: str | None = None


class SequenceScorer:
    """A sequence classification checkpoint that gives each text its logits."""

    def __init__(self, folder: Path, settings: ScorerSettings, threads: int | None = None):
        """Load the checkpoint."""
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        if not (folder / "config.json").is_file():
            raise LahjaError(f"{folder}: not a model folder (config.json is missing)")
        device = use_device(threads)
        self.settings = settings
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        dtype = pick_dtype(settings.precision, device)
        model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=dtype)
        self.model = model.to(device).eval()

    def logits(self, texts: list[str]) -> np.ndarray:
        """Return one row of logits per text, shape (n_texts, n_labels).

        Texts are batched by length; what a text gets does not hang on its batch.
        """
        import torch

        limit = min(self.settings.max_length, self.model.config.max_position_embeddings)
        ids = self.tokenizer(texts, truncation=True, max_length=limit)["input_ids"] if texts else []
        found = np.zeros((len(texts), self.model.config.num_labels))
        batches = sorted_batches([len(row) for row in ids], self.settings.batch)
        for rows in counted(batches, len(ids), "texts"):
            inputs = self.tokenizer.pad(
                {"input_ids": [ids[row] for row in rows]}, return_tensors="pt"
            ).to(self.model.device)
            with torch.inference_mode():
                found[rows] = self.model(**inputs).logits.float().cpu().numpy()
        return found


def one_line(text: str | None) -> str:
    """Return the text with newlines as spaces, the only cleaning that AL-QASIDA does."""
    return (text or "").replace("\n", " ")
