"""Time labels by option logits against answers that the `transformers` pipeline generates.

python bench/classification.py TEXTS [--texts 24] [--rounds 3] [--threads 2]
    [--shape 135m | --checkpoint FOLDER]

TEXTS is a table with a column `text`. The model has SmolLM2-135M's shape (`tiny`: a few million
weights) and random weights, and its tokenizer is learnt from the texts; or it is a checkpoint with
a chat template. So that it answers as a trained classifier does, the pipeline may generate a letter
and then the end of the turn only. Both take turns in one process; times are of the processor.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from lahja.demo.language_models import train_tokenizer
from lahja.models.folder import load_model, load_tokenizer
from lahja.models.option_logits import Labeller, answer_forks
from lahja.prompts.chat import user_turn
from lahja.prompts.classification import Question, make_question

SHAPES = {
    "tiny": {
        "hidden_size": 128, "intermediate_size": 352, "num_hidden_layers": 3,
        "num_attention_heads": 4, "num_key_value_heads": 4, "vocab_size": 8000,
    },
    "135m": {
        "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
        "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152,
    },
    # Gemma-3-270m's widths, in Llama's architecture.
    "270m": {
        "hidden_size": 640, "intermediate_size": 2048, "num_hidden_layers": 18, "head_dim": 256,
        "num_attention_heads": 4, "num_key_value_heads": 1, "vocab_size": 262144,
    },
}  # fmt: skip


def main() -> None:
    """Run it and print milliseconds a text and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path)
    for name, default in (("texts", 24), ("rounds", 3), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--shape", choices=SHAPES, default="135m")
    parser.add_argument("--checkpoint", type=Path)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    rows = pd.read_parquet(options.table)["text"].drop_duplicates()
    question = make_question(["egy", "mar", "pse", "sau", "syr", "msa"])
    prompts = [question.prompt(text) for text in rows.sample(options.texts, random_state=0)]
    with tempfile.TemporaryDirectory() as folder:
        texts = [*rows.head(5000), *prompts]
        base = options.checkpoint or write_model(Path(folder), texts, options.shape)
        sides = {"pipeline": generated(base, question)}
        for precision in ("fp32", "bf16"):
            sides[f"option logits, {precision}"] = compared(base, question, precision)
        times: dict[str, list[float]] = {name: [] for name in sides}
        labels: dict[str, list[str]] = {}
        for _ in range(options.rounds):
            for name, answer in sides.items():
                start = time.process_time()
                labels[name] = answer(prompts)
                times[name].append(1000 * (time.process_time() - start) / len(prompts))
    took = {name: float(np.median(values)) for name, values in times.items()}
    model = options.checkpoint or options.shape
    print(f"{model}, load {os.getloadavg()[0]:.1f}, {options.threads} threads")
    for name, milliseconds in took.items():
        equal = sum(map(str.__eq__, labels[name], labels["pipeline"]))
        ratio = f"ratio {took['pipeline'] / milliseconds:4.1f}"
        print(f"{name:<20}{milliseconds:8.1f} ms a text   {ratio}   {equal} labels equal")
    print(f"{len(set(labels['pipeline']))} different labels of {len(prompts)} texts")


def write_model(folder: Path, texts: list[str], shape: str) -> Path:
    """Write a checkpoint of a shape with random weights and a tokenizer of the texts."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    # Each option's letter is one token, as in any large vocabulary.
    tokenizer = train_tokenizer([*texts, *"abcdef" * 999], 6000)
    config = LlamaConfig(
        **SHAPES[shape], tie_word_embeddings=True, max_position_embeddings=2048,
        # So wide that what a text says moves the answer.
        initializer_range=0.1,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def generated(base: Path, question: Question) -> Callable[[list[str]], list[str]]:
    """Return the labelling by answers of the pipeline, one letter each."""
    import torch
    from transformers import pipeline

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    tokenizer = load_tokenizer(base)
    ((lead, letters),) = answer_forks(tokenizer, question.answers)[1].items()
    model = load_model(base, dtype=torch.float32, device="cpu")
    pipe = pipeline("text-generation", model=model, tokenizer=tokenizer)
    asked = tokenizer.apply_chat_template(user_turn("a"), add_generation_prompt=True)
    turn = asked["input_ids"][-1]

    def allowed(_: int, ids: "torch.Tensor") -> list[int]:
        """Return the letters, what comes before them, or the end of the turn."""
        said = ids.tolist()[::-1].index(turn)
        steps = [*([token] for token in lead), letters, [tokenizer.eos_token_id]]
        return steps[min(said, len(steps) - 1)]

    def answer(prompts: list[str]) -> list[str]:
        """Return the letter that each prompt is answered with."""
        turns = [user_turn(prompt) for prompt in prompts]
        how = {"max_new_tokens": 8, "do_sample": False, "prefix_allowed_tokens_fn": allowed}
        found = pipe(turns, return_full_text=False, **how)
        return [one[0]["generated_text"].strip() for one in found]

    return answer


def compared(base: Path, question: Question, precision: str) -> Callable[[list[str]], list[str]]:
    """Return the labelling by the options' logits."""
    scorer = Labeller(base, None, precision=precision)

    def answer(prompts: list[str]) -> list[str]:
        """Return the likeliest letter of each prompt."""
        rows = scorer.probabilities(prompts, question.answers)
        return [question.answers[row.index(max(row))] for row in rows]

    return answer


if __name__ == "__main__":
    main()
