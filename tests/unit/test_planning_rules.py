from pathlib import Path

import pytest

from lahja.configuration import merge_config, resolve
from lahja.planning.checkpoints import read_checkpoints
from lahja.planning.costs import api_costs, disk_uses
from lahja.planning.jobs import Job
from lahja.planning.rates import Rates, read_sourced, work_seconds
from lahja.planning.rules import Workload
from lahja.planning.sizes import Assumptions, Sizes, count_rows

RESOURCES = Path("resources/rates")
ASSUMED, _ = read_sourced(RESOURCES / "sizes.yaml", Assumptions)
A6000, _ = read_sourced(RESOURCES / "a6000.yaml", Rates)
SHAPES = read_checkpoints(RESOURCES / "checkpoints.yaml")


def workload(*files, counted=None, **changes):
    config = merge_config([Path("config/config.yaml"), *map(Path, files)], [])
    config = resolve(config | changes)
    return Workload(config, Sizes(config, ASSUMED, counted or {}), SHAPES.__getitem__)


def job(rule, gpus=1, **wildcards):
    return Job(0, rule, wildcards, ("x",), None, 1, gpus, frozenset())


@pytest.fixture(scope="module")
def paper():
    return workload()


def test_sizes_of_the_paper(paper):
    sizes = paper.sizes
    assert sizes.examples("dialect-id") == 300_000
    assert sizes.examples("translation-aug") == 697_000
    assert sizes.examples("translation-clean") == 348_500
    assert sizes.pairs == 174_250
    assert sizes.all_prompts == 10_000
    assert sizes.responses("egy") == 4 * 2000
    assert sizes.examples("dialect-only") == pytest.approx(9600)
    # FLORES dev in four directions, ready prompts and validation, each for five dialects, and 20
    # sentences of the validation split in each direction.
    assert sizes.evaluation_prompts == 5 * (4 * 997 + 395 + 50 + 4 * 20)
    assert sizes.questions == 1200


def test_what_has_no_reference_reads_it_not_and_samples_count_each():
    changes = {
        "models": {
            "cpo": {"from": "llama", "train": "dpo", "on": "dialect-only"}
            | {"settings": {"objective": "cpo"}},
            "mbr": {"from": "llama", "decoding": "mbr"},
        }
    }
    config = merge_config([Path("config/config.yaml")], [])
    changes["models"] |= config["models"]
    found = workload(**changes)
    (cpo,) = found.of(job("train_dpo", model="cpo")).parts
    (dpo,) = found.of(job("train_dpo", model="llama+RL")).parts
    assert (cpo.passes, dpo.passes) == (3, 4)
    (greedy,) = found.of(job("generate_evaluation", model="llama")).parts
    (drawn,) = found.of(job("sample_evaluation", model="mbr")).parts
    assert drawn.prompts == 16 * greedy.prompts
    judged = found.of(job("choose_by_mbr", model="mbr")).parts
    assert [part.texts for part in judged] == 2 * [drawn.prompts]


def test_counted_tables_take_the_place_of_assumptions():
    counted = {
        "data/sentences.parquet": 11,
        "data/parallel.parquet": 12,
        "training/translation-aug.parquet": 13,
        "prompts/egy.parquet": 14,
        "preferences/dialect-only/train.parquet": 15,
        "evaluation/prompts.parquet": 16,
    }
    sizes = workload(counted=counted).sizes
    assert (sizes.sentences, sizes.pairs, sizes.examples("translation-aug")) == (11, 12, 13)
    assert (sizes.prompts("egy"), sizes.examples("dialect-only")) == (14, 15)
    assert sizes.evaluation_prompts == 16 + 250 + 400


def test_rows_are_counted_where_tables_are(tmp_path):
    import pandas as pd

    assert count_rows(tmp_path) == {}
    (tmp_path / "prompts").mkdir()
    pd.DataFrame({"a": [1, 2, 3]}).to_parquet(tmp_path / "prompts" / "egy.parquet")
    (tmp_path / "prompts" / "mar.parquet").write_bytes(b"half a file")
    assert count_rows(tmp_path) == {"prompts/egy.parquet": 3}


def test_fine_tuning_by_hand(paper):
    # 697,000 examples × 3 epochs, one at a time, 40 + 30 + 54 tokens; three passes (forward, again
    # for checkpointing, backward) of 2 · 8.03e9 · 124 operations at 0.4 of 154.8e12 a second.
    seconds = 697_000 * 3 * 3 * (2 * 8.03e9 * 124 / (0.4 * 154.8e12))
    found = work_seconds(paper.of(job("train_sft", model="llama-T")), A6000)
    assert found == pytest.approx(seconds)
    assert found / 3600 == pytest.approx(56, abs=1)


def test_preference_training_by_hand(paper):
    # 9,600 pairs × 3 epochs, two sides of 127 + 100 tokens, and the reference's pass.
    seconds = 9600 * 3 * 4 * (2 * 8.03e9 * 2 * 227 / (0.4 * 154.8e12))
    found = work_seconds(paper.of(job("train_dpo", model="llama+RL")), A6000)
    assert found == pytest.approx(seconds)


def test_two_gpus_take_the_share_off_that_the_rates_say(paper):
    one = work_seconds(paper.of(job("train_sft", model="llama-T")), A6000)
    two = work_seconds(paper.of(job("train_sft", 2, model="llama-T")), A6000)
    assert one / two == pytest.approx(1.9)


def test_without_checkpointing_a_pass_is_saved():
    training = {"sft": {"gradient_checkpointing": False}}
    with_it = work_seconds(workload().of(job("train_sft", model="llama-T")), A6000)
    without = work_seconds(workload(training=training).of(job("train_sft", model="llama-T")), A6000)
    assert without < 0.7 * with_it


def test_translating_by_beams_asks_for_every_beam(paper):
    (part,) = paper.of(job("augment_translation")).parts
    assert (part.batch, part.prompts) == (32 * 4, 174_250 * 4)


def test_vllm_answers_more_at_a_time_and_stops_sooner():
    def decoding(backend):
        known = merge_config([Path("config/config.yaml")], [])["generators"]
        generators = known | {"llama": {"backend": backend, "model": "llama"}}
        answering = job("generate_responses", generator="llama", dialect="egy")
        (part,) = workload(generators=generators).of(answering).parts
        return part

    fast, slow = decoding("vllm"), decoding("transformers")
    assert (fast.batch, fast.new_tokens) == (256, 100)
    assert (slow.batch, slow.new_tokens) == (32, 128)
    assert work_seconds_of(fast) < work_seconds_of(slow) / 2


def work_seconds_of(part):
    from lahja.planning.work import Work

    return work_seconds(Work((part,)), A6000)


@pytest.mark.parametrize(("is_batch", "share"), [(False, 1), (True, 0.5)])
def test_dollars_are_tokens_times_price(paper, is_batch, share):
    jobs = [job("generate_responses", 0, generator="gpt-4o", dialect=d) for d in ("egy", "mar")]
    (cost,) = api_costs(jobs, paper)
    assert (cost.requests, cost.input_tokens, cost.output_tokens) == (4000, 508_000, 400_000)
    config = paper.config
    priced = config["generators"]["gpt-4o"] | {
        "price": {"input": 2.5, "output": 10.0},
        "batch_api": is_batch,
    }
    changed = Workload(
        config | {"generators": config["generators"] | {"gpt-4o": priced}},
        paper.sizes,
        SHAPES.__getitem__,
    )
    (cost,) = api_costs(jobs, changed)
    assert cost.dollars == pytest.approx(share * (0.508 * 2.5 + 0.4 * 10))


def test_a_generator_without_price_has_no_dollars(paper):
    generators = paper.config["generators"]
    free = generators["gemini"] | {"price": None}
    changed = Workload(
        paper.config | {"generators": generators | {"gemini": free}},
        paper.sizes,
        SHAPES.__getitem__,
    )
    (cost,) = api_costs([job("generate_responses", 0, generator="gemini", dialect="egy")], changed)
    assert cost.dollars is None


def test_an_environment_is_fetched_and_stays(paper):
    building = job("build_vllm_environment", 0)
    assert work_seconds(paper.of(building), A6000) == pytest.approx(6e9 / 50e6)
    assert {use.what: use.bytes for use in disk_uses([building], paper)}["vLLM"] == 6e9


def test_disk_of_a_fine_tuning(paper):
    jobs = [
        job("retrieve_model", 0, repository="meta-llama--Llama-3.1-8B-Instruct"),
        job("train_sft", model="llama-T"),
    ]
    found = {use.what: use.bytes for use in disk_uses(jobs, paper)}
    assert found["checkpoint meta-llama/Llama-3.1-8B-Instruct"] == 16.1e9
    assert found["adapters"] == 4 * 20_971_520
    kept = [use for use in disk_uses(jobs, paper) if not use.is_kept]
    assert [use.bytes for use in kept] == [6 * 4 * 20_971_520]


@pytest.mark.parametrize("files", [["config/demo.yaml"], ["config/real.yaml"]])
def test_small_models_have_a_size(files):
    small = workload(*files)
    assert 1e5 < small.model_shape("llama-T").parameters < 1e7
    assert work_seconds(small.of(job("train_small_aldi")), A6000) > 0
    assert work_seconds(small.of(job("pretrain_model", model="llama")), A6000) > 0
