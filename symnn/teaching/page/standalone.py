"""A document of HTML that needs nothing else, and lets nothing else in: what every page begins and ends with."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape

from symnn.writing.mathml import unstyled

_BLOCK = re.compile('<math display="block".*?</math>', re.DOTALL)
_STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)


def standalone(title: str, body: str, style: str, script: str = "") -> str:
    """Return a whole document.

    Args:
        title: of the document.
        body: what stands in it; the styles of drawings go with the document's, of which the policy knows one.
        style: its style sheet.
        script: its script, or nothing.
    """
    style += "".join(dict.fromkeys(_STYLE.findall(body)))
    body = unstyled(_STYLE.sub("", body))
    scripts, behind = "", ""
    if script:
        scripts, behind = f"script-src '{_digest(script)}'; ", f"\n<script>{script}</script>"
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; {scripts}img-src data:; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
{body}{behind}
</body>
</html>
"""


def scrolling(html: str) -> str:
    """Return HTML in which a displayed formula that is too wide is moved within a box of its own."""
    return _BLOCK.sub(r'<div class="scroll">\g<0></div>', html)


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
