"""The pages' files: their addresses, how they are sent, and the pages that name them."""

import base64
import gzip
import hashlib
import html
import json
import re
import shutil
import sqlite3
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from subprocess import run

import brotli
import httpx
import pytest
import zstandard
from fastapi import FastAPI

from geo_service.core.errors import GeoError, SettingsError
from geo_service.core.settings import read_settings
from geo_service.pages.page import Basemap, mount_page
from geo_service.routes.common.responses import problem
from tests.support.paths import CHECKOUT

FRONTEND = CHECKOUT / "frontend"
_PARSE = """
const { SourceTextModule } = require('vm');
for (const text of JSON.parse(require('fs').readFileSync(0))) new SourceTextModule(text);
"""
_TYPES = ["node_modules/.bin/tsc", "--ignoreConfig", "--allowJs", "--checkJs", "--noEmit", "--target", "esnext", "--module", "esnext"]
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the pages' folder, to be changed."""
    return shutil.copytree(FRONTEND, tmp_path / "frontend", ignore=shutil.ignore_patterns("world.mbtiles"))


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages alone."""
    app = FastAPI()
    mount_page(app, folder)
    app.exception_handler(GeoError)(_refuse)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as made:
        yield made


async def _refuse(_: object, error: GeoError) -> httpx.Response:
    return problem(error)  # type: ignore[return-value]  # Starlette's own kind of response


async def raw(client: httpx.AsyncClient, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """An answer and its body as it was sent."""
    async with client.stream("GET", path, headers=headers) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


async def digest_of(client: httpx.AsyncClient) -> str:
    """The digest that the page names its files by: the same for all."""
    page = (await client.get("/")).text
    (found,) = set(re.findall(r'"/static/([0-9a-f]{16})/', page))
    assert len(re.findall(r'"/static/', page)) == len(re.findall(rf'"/static/{found}/', page))
    return str(found)


async def test_under_their_digest_files_are_kept_for_good_and_without_it_asked_for_again(client: httpx.AsyncClient) -> None:
    digest = await digest_of(client)
    for name in ("vendor/maplibre-gl/maplibre-gl.mjs", "style.css", "icon.svg", "vendor/noto-sans/noto-sans-latin-400-normal.woff2"):
        kept, plain = await client.get(f"/static/{digest}/{name}"), await client.get(f"/static/{name}")
        assert kept.content == plain.content == (FRONTEND / name).read_bytes()
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert plain.headers["Cache-Control"] == "no-cache"
        assert kept.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("encoding", UNPACK)
async def test_text_is_sent_in_the_encoding_that_is_taken_and_much_smaller(client: httpx.AsyncClient, encoding: str) -> None:
    name = "vendor/maplibre-gl/maplibre-gl.mjs"
    whole = (FRONTEND / name).read_bytes()
    for _ in range(2):
        answer, body = await raw(client, f"/static/{name}", **{"Accept-Encoding": encoding})
        assert answer.headers.get("Content-Encoding", "identity") == encoding
        assert (answer.headers["Vary"], answer.headers["Content-Type"]) == ("Accept-Encoding", "text/javascript; charset=utf-8")
        assert UNPACK[encoding](body) == whole
        assert encoding == "identity" or len(body) < len(whole) * 0.28
    again = await client.get(f"/static/{name}", headers={"Accept-Encoding": encoding, "If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", answer.headers["ETag"])
    other = await client.get(f"/static/{name}", headers={"Accept-Encoding": "br" if encoding != "br" else "gzip"})
    assert other.headers["ETag"] != answer.headers["ETag"]


async def test_what_is_compressed_by_itself_is_sent_as_it_is(client: httpx.AsyncClient) -> None:
    answer, body = await raw(client, "/static/vendor/noto-sans/noto-sans-latin-400-normal.woff2", **{"Accept-Encoding": "zstd, br, gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Type"] == "font/woff2"
    assert len(body) == int(answer.headers["Content-Length"])


async def test_an_archive_of_tiles_is_a_folder_of_them_and_where_it_has_none_there_is_nothing(
    client: httpx.AsyncClient, folder: Path
) -> None:
    tile = gzip.compress(b"a tile of land")
    with sqlite3.connect(folder / "vendor" / "land.mbtiles") as archive:
        archive.execute("create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        # The archive counts rows from the south.
        archive.execute("insert into tiles values (3, 5, 6, ?)", [tile])
    root = f"/static/{await digest_of(client)}/vendor"
    for accepted, encoding in (("gzip, br, zstd", "gzip"), ("br", None), ("", None), ("gzip;q=0, identity", None)):
        answer, body = await raw(client, f"{root}/land/3/5/1.mvt", **{"Accept-Encoding": accepted})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/vnd.mapbox-vector-tile")
        assert (answer.headers.get("Content-Encoding"), answer.headers["Vary"]) == (encoding, "Accept-Encoding")
        assert "immutable" in answer.headers["Cache-Control"]
        assert UNPACK[encoding or "identity"](body) == b"a tile of land"
    empty = await client.get(f"{root}/land/3/5/2.mvt")
    assert (empty.status_code, empty.content, "immutable" in empty.headers["Cache-Control"]) == (204, b"", True)
    for absent in ("land/3/5/1.json", "sea/3/5/1.mvt", "land.mbtiles"):
        assert (await client.get(f"{root}/{absent}")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["0123456789abcdef/src/main.js", "{digest}/nothing.js", "{digest}/", "{digest}", "", "src", "index.html", "{digest}/embed.html",
     "%2e%2e/README.md", "{digest}/..%2f..%2fREADME.md", "tests/url.test.js", "scripts/vendor.js"],
)  # fmt: skip
async def test_another_digest_and_what_is_no_asset_are_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/static/{path.format(digest=await digest_of(client))}")
    assert answer.status_code == 404


async def test_our_own_modules_are_sent_small_and_are_still_modules(client: httpx.AsyncClient) -> None:
    names = [file.relative_to(FRONTEND).as_posix() for file in sorted((FRONTEND / "src").rglob("*.js"))]
    sent = [(await client.get(f"/static/{name}")).text for name in names]
    assert [name for name, text in zip(names, sent, strict=True) if "/**" in text] == []
    assert sum(map(len, sent)) < 0.6 * sum((FRONTEND / name).stat().st_size for name in names)
    await to_thread(
        run, ["node", "--experimental-vm-modules", "--no-warnings", "-e", _PARSE], input=json.dumps(sent), text=True, check=True
    )


async def test_no_module_that_is_sent_uses_a_name_before_it_is_there(client: httpx.AsyncClient, tmp_path: Path) -> None:
    # The minifier puts declarations together, and has been seen to put one before another that it needs.
    names = [file.relative_to(FRONTEND).as_posix() for file in (FRONTEND / "src").rglob("*.js")]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((await client.get(f"/static/{name}")).text)
    files = [str(tmp_path / name) for name in names]
    checked = await to_thread(run, [*_TYPES, *files], cwd=CHECKOUT, capture_output=True, text=True)
    assert "error TS" in checked.stdout, "without the comments there are types that are not known"
    assert [line for line in checked.stdout.splitlines() if re.search("TS2448|TS2454|TS2304", line)] == []


async def test_what_is_sent_does_what_the_modules_do(client: httpx.AsyncClient, folder: Path) -> None:
    # A minifier that changes the meaning has been met: `void (a && b())` became nothing.
    for file in (folder / "src").rglob("*.js"):
        name = file.relative_to(folder).as_posix()
        file.with_suffix(".sent").write_text((await client.get(f"/static/{name}")).text)
    for file in (folder / "src").rglob("*.sent"):
        file.replace(file.with_suffix(".js"))
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "node_modules").symlink_to(CHECKOUT / "node_modules")
    await to_thread(run, ["node", "--test", *map(str, (folder / "tests").glob("*.test.js"))], check=True, capture_output=True)
    sources = {file: file.read_text(encoding="utf-8") for file in (FRONTEND / "src").rglob("*.js")}
    assert [file.name for file, text in sources.items() if re.search(r"void \([^)]*(&&|\|\|)", text)] == []


async def test_a_changed_file_gives_the_page_another_digest_and_the_old_one_is_gone(client: httpx.AsyncClient, folder: Path) -> None:
    before, page = await digest_of(client), await client.get("/")
    known = {"If-None-Match": page.headers["ETag"]}
    assert (await client.get("/", headers=known)).status_code == 304
    (folder / "src" / "main.js").write_text("export const changed = 1;\n")
    after = await digest_of(client)
    assert after != before
    assert (await client.get("/", headers=known)).status_code == 200
    assert (await client.get(f"/static/{after}/src/main.js")).text == "export const changed=1"
    assert (await client.get(f"/static/{before}/src/main.js")).status_code == 404


async def test_the_policy_allows_the_import_map_as_it_is_sent_and_no_other_script(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    inline = re.findall(r"<script(?![^>]* src=)[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    assert len(inline) == 1
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}'; worker-src 'self'; style-src 'self';" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]


async def test_a_folder_without_pages_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=re.escape(str(tmp_path / "index.html"))):
        mount_page(FastAPI(), tmp_path)


def policy_of(answer: httpx.Response) -> dict[str, str]:
    """The directives of a page's policy and what each allows."""
    parts = (one.partition(" ") for one in answer.headers["Content-Security-Policy"].split("; "))
    return {name: allowed for name, _, allowed in parts}


async def page_with(**settings: object) -> httpx.Response:
    """The map page with settings of the base map."""
    read = read_settings(**settings)
    app = FastAPI()
    mount_page(app, FRONTEND, read.frame_ancestors, Basemap(read.basemap_style, read.basemap_hosts))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as made:
        return await made.get("/")


async def test_the_base_map_is_told_to_the_page_and_its_origins_alone_are_let_through() -> None:
    style = 'https://maps.example.org:8443/style.json?key=a&b="<1>'
    told = await page_with(basemap_style=style, basemap_origins="https://*.tiles.example.org, https://maps.example.org:8443")
    (content,) = re.findall(r'<meta name="geo-basemap" content="([^"]*)" />', told.text)
    assert html.unescape(content) == style
    assert "<" not in content
    hosts = " https://maps.example.org:8443 https://*.tiles.example.org"
    plain, policy = policy_of(await page_with()), policy_of(told)
    assert policy == plain | {"img-src": plain["img-src"] + hosts, "connect-src": f"'self'{hosts}"}


async def test_a_base_map_of_our_own_origin_changes_no_policy() -> None:
    told = await page_with(basemap_style="/basemap/style.json")
    assert '<meta name="geo-basemap" content="/basemap/style.json" />' in told.text
    plain = await page_with()
    assert "geo-basemap" not in plain.text
    assert policy_of(told) == policy_of(plain)


@pytest.mark.parametrize(
    ("style", "origins", "named"),
    [("ftp://maps.example.org/style.json", "", "BASEMAP_STYLE"), ("//maps.example.org/style.json", "", "BASEMAP_STYLE"),
     ("style.json", "", "BASEMAP_STYLE"), ("https://a.example.org; script-src *", "", "BASEMAP_STYLE"),
     ("https://user@a.example.org/", "", "BASEMAP_STYLE"), ("/style.json", "a.example.org", "BASEMAP_ORIGINS"),
     ("/style.json", "https://a.example.org/tiles", "BASEMAP_ORIGINS"), ("/style.json", "https://a.example.org;", "BASEMAP_ORIGINS"),
     ("/style.json", "*", "BASEMAP_ORIGINS"), ("", "https://a.example.org", "BASEMAP_STYLE as well")],
)  # fmt: skip
def test_a_base_map_that_cannot_be_used_is_refused_at_the_start(
    style: str, origins: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEO_BASEMAP_STYLE", style)
    monkeypatch.setenv("GEO_BASEMAP_ORIGINS", origins)
    with pytest.raises(SettingsError, match=f"GEO_{named}"):
        read_settings()
