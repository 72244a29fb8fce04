"""Put data and scripts into a page so that no text of theirs can end or start an element."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

# "<" hides `</script>` and `<!--`; the two line separators end a line in older JavaScript.
_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def script_json(value: Any) -> Markup:
    """Return a value as JSON that is safe within a `<script type="application/json">`.

    Not-a-number is not JSON: it raises `ValueError`.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_ESCAPES))


def content_policy(scripts: Iterable[str]) -> str:
    """Return the page's Content-Security-Policy: these very scripts, and nothing from a network."""
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
