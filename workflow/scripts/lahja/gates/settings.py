"""The thresholds of the gates, `preferences.gates.<name>` in the configuration."""

from dataclasses import dataclass, fields
from typing import Any

from lahja.settings import parse_settings


@dataclass(frozen=True)
class LanguageSettings:
    """The language gate."""

    most_foreign_letters: float = 0.5


@dataclass(frozen=True)
class DialectSettings:
    """The dialect gate."""

    least_probability: float = 0.05
    least_margin: int = 1


@dataclass(frozen=True)
class EchoSettings:
    """The echo gate."""

    most_likeness: float = 0.65
    most_likeness_of_questions: float = 0.5
    most_likeness_in_other_language: float = 0.45
    longest_restatement: float = 2.0


@dataclass(frozen=True)
class RepetitionSettings:
    """The repetition gate."""

    most_repeated: float = 0.3


@dataclass(frozen=True)
class LengthSettings:
    """The length gate."""

    shortest: float = 0.65
    longest: float = 1.6
    slack: int = 6


@dataclass(frozen=True)
class NamesSettings:
    """The names gate."""

    fewest: int = 3


@dataclass(frozen=True)
class AdequacySettings:
    """The adequacy gate."""

    least_reference_chrf: float = 15.0
    least_round_trip_chrf: float = 15.0
    least_own_round_trip_chrf: float = 40.0
    least_shared_with_source: float = 0.1
    fewest_words: int = 6


@dataclass(frozen=True)
class TruncationSettings:
    """The gate on rejected texts that were cut off."""

    fewest_words: int = 25


@dataclass(frozen=True)
class GateSettings:
    """The settings of all gates, each under its gate's name."""

    language: LanguageSettings = LanguageSettings()
    dialect: DialectSettings = DialectSettings()
    echo: EchoSettings = EchoSettings()
    repetition: RepetitionSettings = RepetitionSettings()
    length: LengthSettings = LengthSettings()
    names: NamesSettings = NamesSettings()
    adequacy: AdequacySettings = AdequacySettings()
    truncation: TruncationSettings = TruncationSettings()


def parse_gate_settings(values: dict[str, dict[str, Any]]) -> GateSettings:
    """Return the gates' settings from a JSON object; what is absent keeps its default.

    An unknown gate or setting raises `LahjaError` with its name.
    """
    kinds = {field.name: type(field.default) for field in fields(GateSettings)}
    parsed = {
        name: parse_settings(kinds[name], own) if name in kinds else own
        for name, own in values.items()
    }
    return parse_settings(GateSettings, parsed)
