"""The embedded demo corpora: hand-written sentence frames, expanded into corpora.

`resources/demo` holds frames and lexicons in seven varieties. They are filled in and written in
the layouts of the real corpora, so that every stage reads them as it reads the real ones.
"""
