"""The one error that is meant for the user's eyes."""


class LahjaError(Exception):
    """A fault that the user can mend, told in one line.

    The message names the file, the row or the key at fault and what was expected there.
    """
