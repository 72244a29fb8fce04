"""Record what a run was made of: its resolved configuration, versions, commits and digests."""

from pathlib import Path

import yaml

from lahja.core.changes import licences, versions
from lahja.core.command import run
from lahja.core.files import digest_of_file, read_json, write_json, write_text


def main(
    config: Path,
    lock: Path,
    environments: list[Path],
    data: list[Path],
    resolved: Path,
    provenance: Path,
) -> None:
    """Write CONFIG, which is JSON, as YAML, and versions, licences, commits and digests as JSON.

    ENVIRONMENTS are the locks of the environments that were used beside this one.
    """
    settings = read_json(config)
    left_out = settings["corpora_left_out"]
    write_text(resolved, yaml.safe_dump(settings, allow_unicode=True, sort_keys=False))
    write_json(
        provenance,
        {
            "versions": versions(environments),
            "licences of packages": licences(),
            "revisions": read_json(lock) if lock.is_file() else {},
            "digests": {str(path): digest_of_file(path) for path in data},
            "corpora left out": dict.fromkeys(left_out, "its files were absent"),
        },
    )


if __name__ == "__main__":
    run(main)
