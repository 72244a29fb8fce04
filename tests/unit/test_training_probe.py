"""A translation probe: what it finds, when it ends a training, and which step it keeps."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lahja.code_digest import imported_modules
from lahja.errors import LahjaError
from lahja.settings import parse_settings
from lahja.tables import EXAMPLES, PAIRS, write_table
from lahja.training import probing
from lahja.training.curve import CURVE_FILE
from lahja.training.dpo import train_dpo
from lahja.training.lora import AdapterRun
from lahja.training.probe import Probe, ProbeSettings, best_probe, is_over
from lahja.training.probe_scores import ProbeFiles, TranslationProbe
from lahja.varieties import NADI_COUNTRIES

SETTINGS = ProbeSettings(every=2, tolerance=1.0, patience=2)


def probes(*found: tuple[float, float]) -> list[Probe]:
    return [Probe(2 * n, chrf, adi2) for n, (chrf, adi2) in enumerate(found)]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # No gain twice and a loss of more than a point both times.
        ([(30, 0.1), (29, 0.3), (28.5, 0.3), (28.9, 0.2)], True),
        # The loss is within the tolerance once.
        ([(30, 0.1), (29, 0.3), (29.0, 0.3), (28.9, 0.2)], False),
        # Dialect still gains.
        ([(30, 0.1), (28, 0.3), (27, 0.2), (26, 0.31)], False),
        # One probe is not yet two.
        ([(30, 0.1), (20, 0.05)], False),
        ([(30, 0.1), (20, 0.05), (20, 0.05)], True),
        ([(30, 0.1)], False),
    ],
)
def test_the_pair_of_both_decides_when_it_is_over(found, expected) -> None:
    assert is_over(probes(*found), SETTINGS) is expected


@pytest.mark.parametrize(
    ("found", "step"),
    [
        # The highest ADI2 of those within a point of 30.
        ([(30, 0.1), (29.5, 0.2), (29, 0.3), (28.9, 0.9)], 4),
        # The start is never kept, and of equals the first is.
        ([(30, 0.9), (31, 0.2), (30, 0.2)], 2),
        # All have lost: the one that lost least.
        ([(30, 0.1), (25, 0.8), (28, 0.5), (27, 0.9)], 4),
    ],
)
def test_the_best_step_is_the_most_dialectal_that_lost_nothing(found, step) -> None:
    assert best_probe(probes(*found), SETTINGS).step == step


@pytest.mark.parametrize(("key", "value"), [("every", 0), ("patience", 0), ("keep", "first")])
def test_a_wrong_setting_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(LahjaError, match=rf"probe\.{key}"):
        parse_settings(ProbeSettings, {"every": 1, key: value})


def sentences(questions: tuple, path: Path) -> Path:
    rows = [
        {
            "example_id": code,
            "kind": "eng-da",
            "variety": code,
            "prompt": prompt,
            "completion": said,
        }
        for code, prompt, said in questions
    ]
    write_table(path, pd.DataFrame(rows), EXAMPLES)
    return path


@pytest.fixture
def files(questions: tuple, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProbeFiles:
    """Six sentences, the last into MSA; scorers by which "z" is dialect and of Egypt."""
    egypt = np.eye(len(NADI_COUNTRIES))[NADI_COUNTRIES.index("Egypt")]
    stubs = {
        "aldi.AldiScorer": lambda *_: SimpleNamespace(
            score=lambda texts: np.array([0.5 if "z" in text else 0.1 for text in texts])
        ),
        "country.CountryScorer": lambda *_: SimpleNamespace(
            score=lambda texts: np.array([egypt for _ in texts])
        ),
        "language.LanguageIdentifier": lambda *_: SimpleNamespace(
            identify=lambda texts: ["eng" if "x" in text else "arz" for text in texts]
        ),
    }
    for name, stub in stubs.items():
        monkeypatch.setattr(f"lahja.scorers.{name}", stub)
    return ProbeFiles(sentences(questions, tmp_path / "s.parquet"), *[tmp_path] * 3)


def test_scores_are_those_of_the_evaluation(files: ProbeFiles, questions: tuple) -> None:
    probe = TranslationProbe(files, SETTINGS)
    right = [said for _, _, said in questions]
    assert probe.score(right)[0] == pytest.approx(100)
    # Of five into dialects one is wanted from Egypt; what goes into MSA does not count.
    assert probe.score(["z"] * 6)[1] == pytest.approx(0.5 / 5)
    assert probe.score(["z x"] * 6)[1] == 0
    assert probe.score(["", *right[1:]])[0] < 90


@pytest.mark.model
def test_the_model_translates_as_in_the_evaluation(
    files: ProbeFiles, questions: tuple, small_root: Path
) -> None:
    import torch

    from lahja.generation.backend import Request, Sampling
    from lahja.generation.transformers_backend import TransformersBackend
    from lahja.models.folder import load_model, load_tokenizer

    settings = ProbeSettings(every=1, sentences=4, batch=3, max_new_tokens=12)
    probe = TranslationProbe(files, settings)
    model = load_model(small_root, dtype=torch.float32, device="cpu")
    found = probe._translate(model, load_tokenizer(small_root))
    sampling = Sampling(max_new_tokens=12)
    asked = [Request(str(n), prompt, sampling) for n, (_, prompt, _) in enumerate(questions[:4])]
    answers = TransformersBackend(small_root, precision="fp32").generate(asked)
    assert found == [said.text for said in sorted(answers, key=lambda answer: answer.id)]


# --- in a training ----------------------------------------------------------------------------


class Scripted:
    """A probe that finds what the test says, and notes the weights that it was shown."""

    found: list[tuple[float, float]]
    weights: list[float]

    def __init__(self, *_) -> None:
        pass

    def measure(self, model, tokenizer) -> tuple[float, float]:
        assert not model.training
        self.weights.append(_norm(model.named_parameters()))
        return self.found[len(self.weights) - 1]


def _norm(weights) -> float:
    return sum(
        float(w.detach().norm()) for name, w in weights if "lora_B" in name and "ref" not in name
    )


@pytest.fixture
def trained(questions: tuple, small_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def train(found: list[tuple[float, float]], crash_at: int | None = None, **probe):
        rows = [
            {**dict.fromkeys(PAIRS.names, "x"), "prompt": f"{prompt} {n}", "chosen": answer}
            | {"rejected": questions[-1][2]}
            for n in range(4)
            for _, prompt, answer in questions[:5]
        ]
        write_table(tmp_path / "pairs.parquet", pd.DataFrame(rows), PAIRS)
        settings = {"epochs": 2, "batch": 5, "accumulation": 1, "learning_rate": 0.01, "rank": 2}
        settings |= {"checkpoint_steps": 3, "probe": {"every": 2, **probe}}
        monkeypatch.setattr(probing, "TranslationProbe", Scripted)
        Scripted.found, Scripted.weights = found, []
        pairs = tmp_path / "pairs.parquet"
        run = AdapterRun(
            small_root, None, pairs, settings, tmp_path / "work", tmp_path / "rl", {}, 1
        )
        train_dpo(run, probing.probe_of(run, ProbeFiles(*[tmp_path] * 4)))
        curve = pd.read_csv(tmp_path / "rl" / CURVE_FILE)
        return curve, _kept(tmp_path / "rl")

    return train


def _kept(folder: Path) -> float:
    from safetensors.torch import load_file

    return _norm(load_file(folder / "adapter" / "adapter_model.safetensors").items())


RISE_AND_FALL = [(30, 0.1), (30, 0.2), (29.5, 0.4), (28, 0.3), (27, 0.3)]


@pytest.mark.model
def test_the_best_step_is_kept_and_the_curve_shows_the_probes(trained) -> None:
    curve, kept = trained([*RISE_AND_FALL, (26, 0.3)], patience=3)
    assert [*curve["step"]] == [*range(9)]
    probed = curve.dropna(subset="probe/adi2")
    assert [*probed["step"]] == [0, 2, 4, 6, 8]
    assert [*probed["probe/chrf_plus_plus"]] == [30, 30, 29.5, 28, 27]
    assert curve["loss"].isna().tolist() == [True] + [False] * 8
    assert kept == pytest.approx(Scripted.weights[2])
    assert kept != pytest.approx(Scripted.weights[4], rel=1e-3)


@pytest.mark.model
def test_a_training_that_only_loses_ends_early_with_its_last_step(trained) -> None:
    curve, kept = trained([(30, 0.5), (28, 0.4), (27, 0.4)], keep="last")
    assert curve["step"].max() == 4
    assert kept == pytest.approx(Scripted.weights[2])


@pytest.mark.model
def test_a_resumed_training_keeps_what_an_unbroken_one_keeps(
    trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import DPOTrainer

    step = DPOTrainer.training_step

    def crash_at_seven(self, *args, **kwargs):
        if self.state.global_step == 7:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(DPOTrainer, "training_step", crash_at_seven)
        with pytest.raises(KeyboardInterrupt):
            trained(RISE_AND_FALL, patience=3)
    best = Scripted.weights[2]
    # It goes on from the checkpoint of step 6, whose probe is the last it knows.
    curve, kept = trained(RISE_AND_FALL[4:], patience=3)
    assert [*curve.dropna(subset="probe/adi2")["step"]] == [0, 2, 4, 6, 8]
    assert kept == pytest.approx(best)


@pytest.mark.model
def test_a_probe_needs_its_files(trained, tmp_path: Path, small_root: Path) -> None:
    trained([(30, 0.1)] * 5)
    settings = {"probe": {"every": 2}}
    run = AdapterRun(
        small_root, None, tmp_path / "pairs.parquet", settings, tmp_path, tmp_path / "no", {}, 1
    )
    with pytest.raises(LahjaError, match="needs its sentences"):
        train_dpo(run)


def test_a_training_without_a_probe_does_not_hang_on_metrics(root: Path) -> None:
    scripts = root / "workflow" / "scripts"
    reached = {
        name: {path.parent.name for path in imported_modules(scripts / f"{name}.py")}
        for name in ("train_dpo", "train_sft", "train_probed_dpo")
    }
    assert {"metrics", "scorers"} <= reached["train_probed_dpo"]
    assert not {"metrics", "scorers"} & (reached["train_dpo"] | reached["train_sft"])
