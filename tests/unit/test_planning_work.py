from pathlib import Path
from types import SimpleNamespace

import pytest

from lahja.cli.check import needed_memory
from lahja.cli.plan import measured_seconds, read_sourced
from lahja.cli.planning.jobs import Job
from lahja.cli.planning.work import Rates, Shape, Workload, checkpoint_shape
from lahja.core.config import merge_config, resolve
from lahja.core.errors import LahjaError

RESOURCES = Path("resources/rates")
A6000 = read_sourced(RESOURCES / "a6000.yaml", RESOURCES / "a6000.yaml")
SIZES = read_sourced(RESOURCES / "sizes.yaml", RESOURCES / "sizes.yaml")


def workload(*files, changes=()):
    config = merge_config([Path("config/config.yaml"), *map(Path, files)], changes)
    return Workload(resolve(config), SimpleNamespace(**SIZES), Rates(**A6000))


def job(rule, gpus=1, benchmark="", **wildcards):
    return Job(0, rule, wildcards, benchmark, 1, gpus, frozenset(), "")


def work(planned, rule, gpus=1, **wildcards):
    return planned.seconds(job(rule, gpus, **wildcards))[1]


@pytest.fixture(scope="module")
def paper():
    return workload()


def test_prompts_are_counted_in_every_wording(paper):
    authors = workload("config/authors.yaml")
    # 100 sentences of each of five dialects, asked in two wordings; the paper's are 10,000.
    assert (paper.prompts, authors.prompts) == (10_000, 1_000)
    assert authors.examples("dialect-id")[0] == 7 * 50_000


# 100 operations and 10 bytes a second, all of the peak; a layer takes half a second. The model has
# 20 bytes: 2 s to read; a token takes 20 operations: 0.2 s.
SLOW = Rates(
    matrix_flops=100, memory_bytes_per_second=10, matrix_share=1, memory_share=1,
    seconds_per_layer=0.5,
)  # fmt: skip
MODEL = Shape(parameters=10, layers=2, key_value=1)


@pytest.mark.parametrize(("tokens", "seconds"), [(1, 2.0), (10, 2.0), (11, 2.2), (100, 20.0)])
def test_a_pass_is_bound_by_memory_then_by_operations(tokens, seconds):
    assert SLOW.forward(MODEL, tokens) == pytest.approx(seconds)


def test_a_pass_is_bound_by_launches_where_all_else_is_fast():
    fast = Rates(**vars(SLOW) | {"matrix_flops": 1e9, "memory_bytes_per_second": 1e9})
    assert fast.forward(MODEL, 10) == 1.0


def test_decoding_reads_prompts_then_weights_and_cache_for_each_token():
    # Reading 4 x 4 tokens 3.2 s; each of 3 steps reads the weights, 2 s, and 4 x 2 layers x 1 x
    # 4 rows x 5.5 tokens = 176 bytes of keys and values.
    assert SLOW.decoding(MODEL, 4, 4, 3) == pytest.approx(3.2 + 3 * (2 + 17.6))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("matrix_flops: 3", "expected `name: {value, source}`"),
        ("matrix_flops: {value: 3}", "expected `name: {value, source}`"),
        ("flops: {value: 3, source: guess}", "flops.*: expected the names of"),
    ],
)
def test_a_faulty_file_of_rates_is_refused(tmp_path, text, message):
    (tmp_path / "rates.yaml").write_text(text)
    with pytest.raises(LahjaError, match=message):
        read_sourced(tmp_path / "rates.yaml", RESOURCES / "a6000.yaml")


def test_a_checkpoint_that_is_not_in_the_table_is_named():
    with pytest.raises(LahjaError, match=r"my/model is not known: enter it in .*checkpoints\.yaml"):
        checkpoint_shape("my/model")


def test_sizes_of_the_paper(paper):
    assert paper.examples("dialect-id") == (300_000, 40 + 110 + 27, 2)
    assert paper.examples("translation-aug") == (697_000, 40 + 30 + 54, 27)
    assert paper.examples("translation-clean")[0] == 348_500
    assert paper.examples("dialect-only") == (pytest.approx(9600), 2 * 227, 200)
    assert (paper.pairs, paper.prompts) == (174_250, 10_000)
    # FLORES dev in four directions, ready prompts and validation, each for five dialects.
    assert paper.evaluated == 5 * (4 * 997 + 395 + 50)
    # The validation split's sentences besides, where they are asked for.
    more = workload(changes=["evaluation={validation_translation: 20}"])
    assert more.evaluated == paper.evaluated + 5 * 4 * 20


def test_plain_text_is_learnt_whole():
    few = {"kind": "text", "varieties": ["egy", "msa"], "per_variety": 300}
    found = workload(changes=[f"datasets={{few: {few}, all: {{kind: text}}}}"])
    assert found.examples("few") == (600, 27, 27)
    # As many sentences as there are pairs of the dialects.
    assert found.examples("all") == (174_250, 27, 27)


def test_a_mixture_is_as_much_as_its_parts():
    of = {"translation-aug": 0.5, "few": 2}
    few = {"kind": "text", "varieties": ["egy"], "per_variety": 1000}
    found = workload(changes=[f"datasets={{few: {few}, mix: {{kind: mixture, of: {of}}}}}"])
    number, tokens, answered = found.examples("mix")
    assert (number, answered) == (348_500 + 2_000, pytest.approx(27))
    assert tokens == pytest.approx((348_500 * 124 + 2_000 * 27) / number)


def test_fine_tuning_by_hand(paper):
    # 697,000 examples x 3 epochs, an update's 8 x 124 tokens at a time; two passes, forward and
    # backward, through 6.98e9 weights of layers, and the head's 0.525e9 for 27 of 124 tokens.
    flops = 2 * (6.98e9 + 0.525e9 * 27 / 124) * 124
    start, found = paper.seconds(job("train_sft", model="llama-T"))
    assert start == 30 + 2 * 8.03e9 / 1e9
    assert found == pytest.approx(697_000 * 3 * 2 * flops / (0.4 * 154.8e12))
    assert found / 3600 == pytest.approx(33, abs=1)
    assert found / work(paper, "train_sft", 2, model="llama-T") == pytest.approx(1.9)


def test_preference_training_by_hand(paper):
    # 9,600 pairs of 2 x 227 tokens; two passes in each of 3 epochs, and one for the reference.
    flops = 2 * (6.98e9 + 0.525e9 * 100 / 227) * 2 * 227
    seconds = 9600 * (3 * 2 + 1) * flops / (0.4 * 154.8e12)
    # 8 pairs are 3,632 tokens, more than the 2,542 that fit: two micro-batches of half as many.
    assert work(paper, "train_dpo", model="llama+RL") == pytest.approx(seconds)


def test_training_by_reward_by_hand():
    changes = ["datasets={asked: {kind: prompts, per_direction: 100}}",
               "models={online: {from: llama-T, train: grpo, on: asked}}"]  # fmt: skip
    found = workload(changes=changes)
    # 5 dialects x 4 directions x 100 sentences; of 8 answers each 2 passes and the reference's.
    assert found.examples("asked") == (2000, 227, 100)
    flops = 2 * (6.98e9 + 0.525e9 * 100 / 227) * 227
    passes = 16_000 * (2 + 1) * flops / (0.4 * 154.8e12)
    shape = checkpoint_shape("meta-llama/Llama-3.1-8B-Instruct")
    drawing = 16_000 / 64 * found.rates.decoding(shape, 64, found.prompt_tokens, 128)
    assert work(found, "train_grpo", model="online") == pytest.approx(passes + drawing)


def test_recomputing_activations_costs_a_pass(paper):
    recomputed = workload(changes=["training={sft: {gradient_checkpointing: true}}"])
    plain, longer = (work(one, "train_sft", model="llama-T") for one in (paper, recomputed))
    assert longer / plain == pytest.approx(3 / 2)


def test_few_tokens_at_a_time_are_bound_by_reading_the_weights(paper):
    single = workload(changes=["training={sft: {micro_batch_tokens: 62}}"])
    assert work(single, "train_sft", model="llama-T") > 1.5 * work(
        paper, "train_sft", model="llama-T"
    )


def test_vllm_answers_more_at_a_time_and_stops_sooner(paper):
    changed = workload(changes=["generators={llama: {backend: transformers}}"])
    fast, slow = (work(one, "generate_responses", generator="llama") for one in (paper, changed))
    assert fast < slow / 2


def test_samples_count_each():
    found = workload(changes=["models={mbr: {from: llama, decoding: mbr}}"])
    greedy = work(found, "generate_evaluation", model="llama")
    assert work(found, "sample_evaluation", model="mbr") == pytest.approx(16 * greedy, rel=0.01)
    # 5 dialects x 4 directions x 500 sentences x 8 samples, against 22,165 prompts.
    wildcards = {"policy": "llama", "samples": "8"}
    drawn = work(found, "sample_policy", **wildcards, asked="directions.500")
    assert drawn / greedy == pytest.approx(80_000 / 22_165, rel=0.01)
    drawn = work(found, "sample_policy", **wildcards, asked="prompts")
    assert drawn / greedy == pytest.approx(80_000 / 22_165, rel=0.01)


def test_the_best_of_samples_is_an_example_for_each_prompt():
    best = {"kind": "best", "policy": "llama", "per_direction": 100, "dialects": ["egy", "mar"]}
    clean = {"kind": "translation", "variant": "clean", "dialects": ["egy"]}
    found = workload(changes=[f"datasets={{best: {best}, egy: {clean}}}"])
    # 2 dialects x 4 directions x 100 sentences.
    assert found.examples("best") == (pytest.approx(800), 127 + 100, 100)
    assert found.examples("egy")[0] == pytest.approx(348_500 / 5)


def test_sentences_without_a_translation_are_asked_for_in_three_directions():
    mbr = {"kind": "mbr", "policy": "llama", "per_direction": 100, "sources": "monolingual"}
    found = workload(changes=[f"datasets={{mbr: {mbr}}}"])
    assert found.examples("mbr")[0] == pytest.approx(5 * 7 * 100)
    wildcards = {"policy": "llama", "samples": "4"}
    both = [work(found, "sample_policy", **wildcards, asked=f"{name}.960")
            for name in ("directions", "sentences")]  # fmt: skip
    assert both[0] / both[1] == pytest.approx(4 / 3, rel=0.01)


def test_a_rule_that_is_not_known_takes_the_fixed_time(paper):
    assert paper.seconds(job("draw_a_picture")) == (0.0, A6000["fixed_seconds"]["other"])


def test_an_api_waits_for_answers_and_costs_tokens_times_price(paper):
    asking = [job("generate_responses", 0, generator=name) for name in ("gpt-4o", "llama")]
    assert paper.seconds(asking[0]) == (0.0, 10_000 / 8 * 3)
    (cost,) = paper.api_costs(asking)
    assert (cost["requests"], cost["M_tokens_in"], cost["M_tokens_out"]) == (10_000, 1.27, 1.0)
    assert cost["dollars"] == pytest.approx(1.27 * 2.5 + 1.0 * 10)


def test_a_generator_without_price_has_no_dollars(paper):
    free = workload(changes=["generators={gemini: {price: null, budget: null}}"])
    (cost,) = free.api_costs([job("generate_responses", 0, generator="gemini")])
    assert cost["dollars"] is None


def test_disk_holds_the_checkpoints_that_are_fetched(paper):
    llama, _ = paper.disk([job("retrieve_model", repository="meta-llama--Llama-3.1-8B-Instruct")])
    assert llama == {"disk": "checkpoint meta-llama/Llama-3.1-8B-Instruct", "GB": 16.1}


def test_measured_rules_take_their_time_in_proportion_to_their_work(paper, tmp_path):
    (tmp_path / "train_sft").mkdir()
    (tmp_path / "train_sft/llama-T.tsv").write_text("s\th:m:s\n7200\t2:00:00\n")
    jobs = [
        Job(1, "train_sft", {"model": "llama-T"}, "benchmarks/paper/train_sft/llama-T.tsv",
            1, 1, frozenset(), ""),
        Job(2, "train_sft", {"model": "llama-T-clean"}, "", 1, 1, frozenset(), ""),
        Job(3, "train_dpo", {"model": "llama+RL"}, "", 1, 1, frozenset(), ""),
    ]  # fmt: skip
    assert measured_seconds(jobs, paper, paper, tmp_path) == {1: 7200, 2: pytest.approx(3600)}
    less = workload(changes=["datasets={translation-aug: {max_pairs: 69700}}"])
    assert measured_seconds(jobs, less, paper, tmp_path)[1] == pytest.approx(720)
    with pytest.raises(LahjaError, match="no benchmark files"):
        measured_seconds(jobs[2:], paper, paper, tmp_path)


def test_memory_is_the_weights_of_each_gpu(paper):
    whole = 1.2 * 2 * 8.03e9
    assert needed_memory(paper, job("train_sft", model="llama-T")) == pytest.approx(whole)
    # Each process of a training has all weights, each GPU of vLLM its share.
    assert needed_memory(paper, job("train_dpo", 2, model="llama-T+RL")) == pytest.approx(whole)
    assert needed_memory(paper, job("generate_evaluation", 2, model="llama-T")) == pytest.approx(
        whole / 2
    )
    assert needed_memory(paper, job("build_pairs", dataset="ranked")) == 0


def test_four_bits_take_a_quarter_of_what_is_quantised():
    quantised = workload(changes=["training={sft: {quantisation: nf4}}"])
    # 6.98e9 of 8.03e9 parameters are in linear layers; embedding and head are not quantised.
    wanted = 1.2 * (0.5 * 6.98e9 + 2 * 1.05e9)
    assert needed_memory(quantised, job("train_sft", model="llama-T")) == pytest.approx(wanted)
    assert needed_memory(quantised, job("train_dpo", model="llama-T+RL")) == pytest.approx(
        1.2 * 2 * 8.03e9
    )
