"""NLLB-200: the model that fills in the missing side of a translation pair."""

from collections.abc import Iterator
from pathlib import Path

from lahja.core.config.scorers import NllbDecoding
from lahja.core.progress import counted
from lahja.core.varieties import get_variety
from lahja.models.device import pick_dtype, sorted_batches, use_device
from lahja.models.folder import load_whole, read_tokenizer


class NllbTranslator:
    """An NLLB checkpoint that translates between varieties, given by their codes."""

    def __init__(self, folder: Path, settings: NllbDecoding):
        """Load the checkpoint."""
        from transformers import AutoModelForSeq2SeqLM

        device = use_device()
        self.settings = settings
        self.tokenizer = read_tokenizer(folder)
        dtype = pick_dtype(settings.precision, device)
        self.model = load_whole(AutoModelForSeq2SeqLM, folder, dtype=dtype).to(device).eval()

    def translate(
        self, texts: list[str], source: str, target: str
    ) -> Iterator[tuple[list[int], list[str | None]]]:
        """Yield batches of row numbers and their translations, the longest texts first.

        A translation that did not end within the limit is None.
        """
        import torch

        self.tokenizer.src_lang = get_variety(source).flores
        start = self.tokenizer.convert_tokens_to_ids(get_variety(target).flores)
        limit = self.settings.max_length
        batches = sorted_batches([len(text) for text in texts], self.settings.batch)
        for rows in counted(batches, len(texts), "sentences"):
            own = [texts[row] for row in rows]
            cut = {"padding": True, "truncation": True, "max_length": limit}
            inputs = self.tokenizer(own, return_tensors="pt", **cut).to(self.model.device)
            how = {"num_beams": self.settings.beams, "max_new_tokens": limit}
            with torch.inference_mode():
                outputs = self.model.generate(**inputs, forced_bos_token_id=start, **how)
            decoded = self.tokenizer.batch_decode(outputs, skip_special_tokens=True)
            # The first token is the decoder's start, which in this family is the end's.
            ended = (outputs[:, 1:] == self.model.config.eos_token_id).any(dim=1).tolist()
            pairs = zip(decoded, ended, strict=True)
            yield rows, [text.strip() if has_ended else None for text, has_ended in pairs]
