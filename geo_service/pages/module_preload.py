"""Which modules a page needs: told to the browser in the page's head, so that it asks for all of them at once.

Without that each module is found only in the one that imports it, and the page waits for one round trip a level.
"""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*["']([^"'\n]+)["']""")
_IMPORT_MAP = re.compile(r"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
_ENTRY = re.compile(r"""[ \t]*<script type="module" src="/static/([^"]+)"></script>""")
_STATIC = "/static/"


def with_preloads(html: str, sources: Mapping[str, str]) -> str:
    """The page with links to all modules that its module script needs, right before it: the libraries, which take longest,
    and then what is imported before what imports it.

    sources: the modules' text by their path below /static. What is imported later, by `import(…)`, is not wanted
    at once.
    """
    entry = _ENTRY.search(html)
    if not entry:
        return html
    libraries = _mapped(html)
    needed = sorted(needed_modules(entry[1], sources, libraries), key=lambda name: name not in libraries.values())
    links = "".join(f'    <link rel="modulepreload" href="{_STATIC}{name}" />\n' for name in needed)
    return html[: entry.start()] + links + html[entry.start() :]


def needed_modules(entry: str, sources: Mapping[str, str], mapped: Mapping[str, str]) -> Iterator[str]:
    """Everything that a module imports before it runs, and itself; each once, and behind what it imports itself.

    mapped: names of libraries and where they are; a library is not looked into, as that would take longer than all the rest.
    """
    seen: set[str] = set()
    libraries = set(mapped.values())

    def visit(name: str) -> Iterator[str]:
        if name in seen or name not in sources:
            return
        seen.add(name)
        for specifier in _IMPORT.findall(_COMMENT.sub("", sources[name])) if name not in libraries else ():
            yield from visit(_resolve(name, specifier, mapped))
        yield name

    return visit(entry)


def _resolve(importer: str, specifier: str, mapped: Mapping[str, str]) -> str:
    if specifier.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier))
    return mapped.get(specifier, "")


def _mapped(html: str) -> dict[str, str]:
    """What the page's import map calls modules below /static."""
    found = _IMPORT_MAP.search(html)
    imports: dict[str, str] = json.loads(found[1])["imports"] if found else {}
    return {name: address.removeprefix(_STATIC) for name, address in imports.items()}
