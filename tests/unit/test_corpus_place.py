from lahja.data.corpus_place import corpus_path


def test_the_demos_corpora_share_a_folder(tmp_path):
    entry = {"access": "demo", "path": "NADI/a.tsv"}
    assert corpus_path(tmp_path, entry) == tmp_path / "NADI" / "a.tsv"


def test_a_retrieved_corpus_is_its_folder_or_the_file_in_it(tmp_path):
    assert corpus_path(tmp_path, {"access": "local", "path": "MADAR/corpus"}) == tmp_path
    (tmp_path / "a.tsv").touch()
    assert corpus_path(tmp_path, {"access": "hub", "path": "data/a.tsv"}) == tmp_path / "a.tsv"
