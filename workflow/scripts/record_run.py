"""Record what a run was made of: its resolved configuration, versions, commits and digests."""

from pathlib import Path

import yaml

from lahja.command import run
from lahja.files import write_json, write_text
from lahja.provenance import digests, revisions, versions


def main(
    config: dict,
    lock: Path,
    environments: list[Path],
    data: list[Path],
    resolved: Path,
    provenance: Path,
) -> None:
    """Write the configuration as YAML, and versions, commits and digests of `data` as JSON.

    ENVIRONMENTS are the locks of the environments that were used beside this one.
    """
    write_text(resolved, yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    write_json(
        provenance,
        {
            "versions": versions(environments),
            "revisions": revisions(lock),
            "digests": digests(data),
        },
    )


if __name__ == "__main__":
    run(main)
