"""Hooks of MkDocs: pages from elsewhere in the repository, links to its files, and Arabic text."""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
# Files outside of docs/ that are pages of the site.
PAGES = {
    "README.md": "index.md",
    "config/README.md": "reference/configuration.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"(\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(\))")
LETTER = "[\u0600-\u06ff]"
# A quotation with its marks, or a run of words.
ARABIC = re.compile(f"«[^«»]*{LETTER}[^«»]*»|{LETTER}(?:[\u0600-\u06ff\u200c ،؟!.]*{LETTER})?")


def on_files(files, config):
    """Add the pages that lie elsewhere, with their links rewritten."""
    for path, page in PAGES.items():
        if not files.get_file_from_path(page):
            text = _linked((ROOT / path).read_text("utf-8"), path, page, files, config)
            files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    """Point links that leave docs/ to a page of the site or a copy of the file."""
    source = page.file.src_uri
    is_ready = source in PAGES.values() and source != "index.md"
    return markdown if is_ready else _linked(markdown, f"docs/{source}", source, files, config)


def _linked(text, path, page, files, config):
    """Return a page's text with links that hold in the site; `path` is where it lies here."""

    def link(found):
        """Return a link that holds in the site."""
        target = normpath(str(PurePosixPath(path).parent / found[2]))
        if target in PAGES:
            place = PAGES[target]
        elif target.startswith("docs/"):
            place = target.removeprefix("docs/")
        elif (ROOT / target).is_file():
            place = f"files/{target}" + ("" if PurePosixPath(target).suffix else ".txt")
            if not files.get_file_from_path(place):
                files.append(File.generated(config, place, abs_src_path=str(ROOT / target)))
        else:
            return found[0]
        there = relpath(place, str(PurePosixPath(page).parent))
        return f"{found[1]}{there}{found[3] or ''}{found[4]}"

    return LINK.sub(link, text)


def on_page_content(html, **_):
    """Mark Arabic runs, let blocks take their first letter's direction, and long keys break."""
    html = re.sub(r"<(p|li|td)>", r'<\1 dir="auto">', html)
    parts = re.split(r"(<code>[^<]*</code>|<[^>]*>)", html)
    for place, part in enumerate(parts):
        if part.startswith("<code>"):
            parts[place] = re.sub("(?<=[._/])(?=[^<])", "<wbr>", part[:-7]) + part[-7:]
        elif not part.startswith("<"):
            parts[place] = ARABIC.sub(r'<bdi lang="ar">\g<0></bdi>', part)
    return "".join(parts)
