"""Gates: what keeps a preference pair out of training, each with its own reason.

`asked` says what a prompt asks for; each other module holds one gate, a pure function of a
`Judged` pair and the settings. `gating` puts them in order; `evidence` holds what models say.
"""
