import pytest

from lahja.errors import LahjaError
from lahja.planning.jobs import Job
from lahja.planning.measured import measured_seconds, read_benchmarks


def job(number, rule, name=None):
    benchmark = (
        f"benchmarks/demo/{rule}.tsv" if name is None else f"benchmarks/demo/{rule}/{name}.tsv"
    )
    return Job(number, rule, {}, (f"{number}",), benchmark, 1, 0, frozenset())


JOBS = [
    job(0, "assemble"),
    job(1, "train", "a"),
    job(2, "train", "b"),
    job(3, "train", "new"),
    job(4, "other"),
]
WORK = {0: 10.0, 1: 2.0, 2: 4.0, 3: 3.0, 4: 1.0}


@pytest.fixture
def folder(tmp_path):
    head = "s\th:m:s\tmax_rss\n"
    (tmp_path / "train").mkdir()
    (tmp_path / "assemble.tsv").write_text(head + "5.0\t0:00:05\t1\n")
    (tmp_path / "train" / "a.tsv").write_text(head + "20.0\t0:00:20\t1\n")
    (tmp_path / "train" / "b.tsv").write_text(head + "30.0\t-\t-\n50.0\t-\t-\n")
    return tmp_path


def measured(folder, work, before):
    benchmarks = read_benchmarks(folder)
    return measured_seconds(
        JOBS, benchmarks, lambda j: work[j.number], lambda j: before.get(j.number)
    )


def test_the_same_run_takes_what_it_took(folder):
    found = measured(folder, WORK, WORK)
    # b is the mean of its repetitions; the new model takes the 60 s of 6 units of work, three of them.
    assert found == {0: 5.0, 1: 20.0, 2: 40.0, 3: 30.0}


def test_more_work_takes_more_time(folder):
    doubled = {number: 2 * amount for number, amount in WORK.items()}
    assert measured(folder, doubled, WORK) == {0: 10.0, 1: 40.0, 2: 80.0, 3: 60.0}


def test_a_job_whose_work_was_not_known_keeps_its_time(folder):
    assert measured(folder, WORK, {2: 4.0})[1] == 20.0


def test_rules_without_work_take_their_mean(folder):
    nothing = dict.fromkeys(WORK, 0.0)
    assert measured(folder, nothing, nothing)[3] == 30.0


def test_a_folder_without_benchmarks_is_refused(tmp_path):
    with pytest.raises(LahjaError, match="no benchmark files"):
        read_benchmarks(tmp_path)


def test_a_file_that_is_none_is_named(tmp_path):
    (tmp_path / "x.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(LahjaError, match=r"x\.tsv: not a benchmark file"):
        read_benchmarks(tmp_path)
