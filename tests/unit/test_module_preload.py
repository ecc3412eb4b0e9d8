"""Which modules a page is told to load at once."""

import re

import pytest

from geo_service.pages.module_preload import needed_modules, with_preloads
from tests.support.paths import CHECKOUT

FRONTEND = CHECKOUT / "frontend"
SOURCES = {
    "src/main.js": 'import { a } from "./a.js";\nimport map from "maplibre-gl";\nconst later = () => import("./alone.js");',
    "src/a.js": '/** @import { Type } from "./types.js" */\nimport "./c.js"; // for its effect\nexport * from "./deep/b.js";',
    "src/deep/b.js": 'import {\n  c,\n} from "../c.js";\nimport { a } from "../a.js";\nimport(`./${name}.js`);',
    "src/c.js": 'export const c = "https://from.example.org";',
    "src/types.js": "export {};",
    "src/alone.js": "",
    "vendor/m.mjs": 'import "./shared.mjs";',
    "vendor/shared.mjs": "",
}


def test_what_is_imported_comes_before_what_imports_it_each_once() -> None:
    found = list(needed_modules("src/main.js", SOURCES, {"maplibre-gl": "vendor/m.mjs"}))
    assert found == ["src/c.js", "src/deep/b.js", "src/a.js", "vendor/m.mjs", "src/main.js"]


def test_the_links_stand_behind_the_import_map_and_before_the_script() -> None:
    html = (
        '<script type="importmap">{ "imports": { "maplibre-gl": "/static/vendor/m.mjs" } }</script>\n'
        '    <script type="module" src="/static/src/main.js"></script>\n<body>'
    )
    made = with_preloads(html, SOURCES)
    before, script, after = made.partition('    <script type="module"')
    assert html == before.partition("    <link")[0] + script + after
    # The library first: it takes longest.
    names = ["vendor/m.mjs", "src/c.js", "src/deep/b.js", "src/a.js", "src/main.js"]
    assert re.findall(r'<link rel="modulepreload" href="/static/([^"]+)" />\n', before) == names


def test_a_page_without_a_module_stays_as_it_is() -> None:
    assert with_preloads("<p>plain</p>", SOURCES) == "<p>plain</p>"


@pytest.mark.parametrize("page", ["index.html", "wall.html", "embed.html"])
def test_every_module_of_ours_that_a_page_names_is_there(page: str) -> None:
    sources = {file.relative_to(FRONTEND).as_posix(): file.read_text(encoding="utf-8") for file in (FRONTEND / "src").rglob("*.js")}
    html = (FRONTEND / page).read_text(encoding="utf-8")
    named = re.findall(r'modulepreload" href="/static/([^"]+)"', with_preloads(html, sources))
    assert named
    assert all((FRONTEND / name).is_file() for name in named)
    assert named[-1] == re.findall(r'<script type="module" src="/static/([^"]+)"', html)[0]
