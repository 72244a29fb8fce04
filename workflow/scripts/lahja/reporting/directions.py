"""What readers see the directions of translation called."""

TITLES = {
    "eng_dialects": "ENG→DA",
    "msa_dialects": "MSA→DA",
    "dialects_eng": "DA→ENG",
    "dialects_msa": "DA→MSA",
}
