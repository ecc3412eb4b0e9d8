"""The pages' files, of the build and of the sources: their addresses, how they are sent, and the pages that name them."""

import base64
import gzip
import hashlib
import html
import json
import os
import re
import shutil
import sqlite3
from asyncio import to_thread
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import run

import brotli
import httpx
import pytest
import zstandard
from fastapi import FastAPI

from geo_service.core.errors import GeoError, SettingsError
from geo_service.core.settings import read_settings
from geo_service.pages.asset_folder import AssetFolder
from geo_service.pages.page import Basemap, mount_page
from geo_service.routes.common.responses import problem
from tests.support.page_build import DIST, own_modules, read_manifest
from tests.support.paths import CHECKOUT

FRONTEND = CHECKOUT / "frontend"
_PARSE = """
const { SourceTextModule } = require('vm');
for (const text of JSON.parse(require('fs').readFileSync(0))) new SourceTextModule(text);
"""
_MINIFY = ["node_modules/.bin/esbuild", "--minify", "--format=esm", "--target=es2022", "--charset=utf8", "--log-level=warning"]
"""As frontend/scripts/bundle.js minifies, but each module by itself."""
_TYPES = ["node_modules/.bin/tsc", "--ignoreConfig", "--allowJs", "--checkJs", "--noEmit", "--target", "esnext", "--module", "esnext"]
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
    "identity": bytes,
}


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A copy of the build, to be changed."""
    return shutil.copytree(DIST, tmp_path / "page")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of the pages' sources without a build, to be changed."""
    return shutil.copytree(FRONTEND, tmp_path / "frontend", ignore=shutil.ignore_patterns("world.mbtiles", "dist"))


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages of a folder alone."""
    app = FastAPI()
    mount_page(app, folder)
    app.exception_handler(GeoError)(_refuse)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as made:
        yield made


@pytest.fixture
async def client(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the build."""
    async with serving(built) as made:
        yield made


@pytest.fixture
async def source_client(sources: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the sources."""
    async with serving(sources) as made:
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
    assert digest == read_manifest()["digest"]
    (style,) = DIST.glob("index-*.css")
    names = [style.name, "vendor/maplibre-gl/maplibre-gl.mjs", "icon.svg", "vendor/noto-sans/noto-sans-latin-400-normal.woff2"]
    for name in [*names, *own_modules("index.html")]:
        kept, plain = await client.get(f"/static/{digest}/{name}"), await client.get(f"/static/{name}")
        assert kept.content == plain.content == (DIST / name).read_bytes()
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert plain.headers["Cache-Control"] == "no-cache"
        assert kept.headers["X-Content-Type-Options"] == "nosniff"


async def test_sources_have_the_same_addresses_and_are_sent_as_they_are(source_client: httpx.AsyncClient) -> None:
    digest = await digest_of(source_client)
    assert digest != read_manifest()["digest"]
    for name in ("src/main.js", "style.css", "styles/page.css", "vendor/maplibre-gl/maplibre-gl.mjs"):
        kept, plain = await source_client.get(f"/static/{digest}/{name}"), await source_client.get(f"/static/{name}")
        assert kept.content == plain.content == (FRONTEND / name).read_bytes()
        assert "immutable" in kept.headers["Cache-Control"]
        assert plain.headers["Cache-Control"] == "no-cache"
        known = {"If-None-Match": plain.headers["ETag"]}
        assert (await source_client.get(f"/static/{name}", headers=known)).status_code == 304


@pytest.mark.parametrize("encoding", UNPACK)
async def test_text_is_sent_in_the_encoding_that_is_taken_and_much_smaller(client: httpx.AsyncClient, encoding: str) -> None:
    name = "vendor/maplibre-gl/maplibre-gl.mjs"
    whole = (DIST / name).read_bytes()
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


async def test_of_several_encodings_that_a_client_takes_it_gets_the_smallest(client: httpx.AsyncClient) -> None:
    name = "vendor/maplibre-gl/maplibre-gl.mjs"
    answer, body = await raw(client, f"/static/{name}", **{"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert answer.headers["Content-Encoding"] == "br"
    assert len(body) == min((DIST / f"{name}{suffix}").stat().st_size for suffix in (".br", ".gz", ".zst"))


@pytest.mark.parametrize("kind", ["built", "sources"])
async def test_an_archive_of_tiles_is_a_folder_of_them_and_where_it_has_none_there_is_nothing(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(kind)
    tile = gzip.compress(b"a tile of land")
    with sqlite3.connect(folder / "vendor" / "land.mbtiles") as archive:
        archive.execute("create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
        # The archive counts rows from the south.
        archive.execute("insert into tiles values (3, 5, 6, ?)", [tile])
    if kind == "built":
        add_to_manifest(folder, "vendor/land.mbtiles")
    async with serving(folder) as client:
        await check_tiles(client)


def add_to_manifest(folder: Path, name: str) -> None:
    """List one more file in the manifest of a build."""
    manifest = json.loads((folder / "build.json").read_bytes())
    manifest["files"][name] = {"hash": hashlib.sha256((folder / name).read_bytes()).hexdigest(), "encodings": []}
    (folder / "build.json").write_text(json.dumps(manifest))


async def check_tiles(client: httpx.AsyncClient) -> None:
    """One tile is there, in the encodings that are asked for; beside it is sea, and elsewhere nothing."""
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
     "%2e%2e/README.md", "{digest}/..%2f..%2fREADME.md", "tests/url.test.js", "scripts/vendor.js", "dist/icon.svg",
     "build.json", "{digest}/build.json", "vendor/maplibre-gl/maplibre-gl.mjs.br"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["built", "sources"])
async def test_another_digest_and_what_is_no_asset_are_not_found(kind: str, path: str, request: pytest.FixtureRequest) -> None:
    async with serving(request.getfixturevalue(kind)) as client:
        answer = await client.get(f"/static/{path.format(digest=await digest_of(client))}")
    assert answer.status_code == 404


PAGES = {"index.html": "/", "wall.html": "/?view=wall", "embed.html": "/embed"}


@pytest.mark.parametrize("page", PAGES)
async def test_the_modules_that_a_page_begins_with_are_named_in_its_head_and_are_there(page: str) -> None:
    named = re.findall(r'modulepreload" href="/static/([^"]+)"', (DIST / page).read_text(encoding="utf-8"))
    (entry,) = re.findall(r'<script type="module" src="/static/([^"]+)"', (DIST / page).read_text(encoding="utf-8"))
    assert sorted(named) == sorted(read_manifest()["pages"][page]["first"])
    library = next(at for at, name in enumerate(named) if name.startswith("vendor/"))
    assert named[library - 1] == entry, "the numbers need no library"
    assert re.fullmatch(rf"{page.replace('index', 'main').removesuffix('.html')}-[0-9A-Z]{{8}}\.js", entry)
    assert all((DIST / name).is_file() for name in [*named, *own_modules(page)])


@pytest.mark.parametrize("page", PAGES)
async def test_our_own_modules_are_sent_small_and_are_still_modules(client: httpx.AsyncClient, page: str) -> None:
    sent = [(await client.get(f"/static/{name}")).text for name in own_modules(page)]
    assert [text[:80] for text in sent if "/**" in text] == []
    assert sum(map(len, sent)) < 0.6 * sum(file.stat().st_size for file in (FRONTEND / "src").rglob("*.js"))
    await to_thread(
        run, ["node", "--experimental-vm-modules", "--no-warnings", "-e", _PARSE], input=json.dumps(sent), text=True, check=True
    )


async def test_a_source_map_of_each_module_leads_to_its_sources(client: httpx.AsyncClient) -> None:
    for name in own_modules("index.html"):
        (address,) = re.findall(r"//# sourceMappingURL=(\S+)", (await client.get(f"/static/{name}")).text)
        answer = await client.get(f"/static/{address}")
        assert answer.headers["Content-Type"] == "application/json"
        assert all((DIST / source).resolve().is_file() for source in answer.json()["sources"])


async def test_no_module_that_is_sent_uses_a_name_before_it_is_there(client: httpx.AsyncClient, tmp_path: Path) -> None:
    # Minifiers put declarations together, and one has been seen to put a declaration before another that it needs.
    names = [name for page in PAGES for name in own_modules(page)]
    for name in names:
        (tmp_path / name).write_text((await client.get(f"/static/{name}")).text)
    files = [str(tmp_path / name) for name in names]
    checked = await to_thread(run, [*_TYPES, *files], cwd=CHECKOUT, capture_output=True, text=True)
    assert "error TS" in checked.stdout, "without the comments there are types that are not known"
    assert [line for line in checked.stdout.splitlines() if re.search("TS2448|TS2454|TS2304", line)] == []


async def test_what_is_minified_does_what_the_modules_do(sources: Path) -> None:
    # A minifier that changes the meaning has been met. The built pages themselves run in the browser's tests.
    files = list((sources / "src").rglob("*.js"))
    before = sum(file.stat().st_size for file in files)
    await to_thread(run, [*_MINIFY, "--allow-overwrite", f"--outdir={sources / 'src'}", *map(str, files)], cwd=CHECKOUT, check=True)
    assert sum(file.stat().st_size for file in files) < 0.6 * before
    (sources / "package.json").write_text('{"type": "module"}')
    (sources / "node_modules").symlink_to(CHECKOUT / "node_modules")
    tests = map(str, (sources / "tests").glob("*.test.js"))
    # Which words are used, and how numbers are written, is looked for in the text of the sources.
    skipped = "--test-skip-pattern=no word is there that nobody shows|written by formatNumber alone"
    done = await to_thread(run, ["node", "--test", skipped, *tests], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


async def test_a_changed_file_gives_the_page_another_digest_and_the_old_one_is_gone(
    source_client: httpx.AsyncClient, sources: Path
) -> None:
    before, page = await digest_of(source_client), await source_client.get("/")
    known = {"If-None-Match": page.headers["ETag"]}
    assert (await source_client.get("/", headers=known)).status_code == 304
    (sources / "src" / "main.js").write_text("export const changed = 1;\n")
    after = await digest_of(source_client)
    assert after != before
    assert (await source_client.get("/", headers=known)).status_code == 200
    assert (await source_client.get(f"/static/{after}/src/main.js")).text == "export const changed = 1;\n"
    assert (await source_client.get(f"/static/{before}/src/main.js")).status_code == 404


async def test_another_build_gives_the_page_another_digest_and_the_old_one_is_gone(client: httpx.AsyncClient, built: Path) -> None:
    before, page = await digest_of(client), await client.get("/")
    known = {"If-None-Match": page.headers["ETag"]}
    assert (await client.get("/", headers=known)).status_code == 304
    text = (built / "build.json").read_text(encoding="utf-8")
    (built / "build.json").write_text(text.replace(before, "0123456789abcdef"), encoding="utf-8")
    assert await digest_of(client) == "0123456789abcdef"
    assert (await client.get("/", headers=known)).status_code == 200
    assert (await client.get("/static/0123456789abcdef/icon.svg")).content == (DIST / "icon.svg").read_bytes()
    assert (await client.get(f"/static/{before}/icon.svg")).status_code == 404


async def test_a_checkout_serves_its_build_until_a_source_is_newer_and_from_then_on_the_sources(sources: Path) -> None:
    shutil.copytree(DIST, sources / "dist")
    os.utime(sources / "dist" / "build.json")
    async with serving(sources) as client:
        assert await digest_of(client) == read_manifest()["digest"]
        built = (await client.get("/")).text
        manifest = (sources / "dist" / "build.json").stat()
        os.utime(sources / "style.css", ns=(manifest.st_mtime_ns + 1, manifest.st_mtime_ns + 1))
        unbundled = (await client.get("/")).text
        assert re.search(r"/main-\w+\.js", built)
        assert re.search(r"/src/main\.js", unbundled)
        assert (await client.get("/heat-map.js")).content == (FRONTEND / "src" / "heat-map.js").read_bytes()
        # Built again.
        os.utime(sources / "dist" / "build.json", ns=(manifest.st_mtime_ns + 1, manifest.st_mtime_ns + 1))
        assert (await client.get("/")).text == built
        assert (await client.get("/heat-map.js")).content == (DIST / "src" / "heat-map.js").read_bytes()


async def test_geo_dev_says_whether_a_checkout_serves_its_sources_or_its_build(sources: Path) -> None:
    shutil.copytree(DIST, sources / "dist")
    manifest = sources / "dist" / "build.json"
    for newer in (manifest, sources / "style.css"):
        os.utime(newer, ns=(2**62, 2**62))
        assert AssetFolder(sources, dev=True).snapshot.folder == sources
        assert AssetFolder(sources, dev=False).snapshot.folder == sources / "dist"
        os.utime(newer, ns=(2**60, 2**60))
    manifest.unlink()
    with pytest.raises(SettingsError, match=r"GEO_DEV=0 .*build\.json is missing: run npm run build"):
        AssetFolder(sources, dev=False)
    with pytest.raises(SettingsError, match=r"GEO_DEV=1 .*has only their build"):
        AssetFolder(DIST, dev=True)
    assert AssetFolder(DIST, dev=False).snapshot.folder == DIST


async def test_the_policy_allows_the_import_map_as_it_is_sent_and_no_other_script(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    inline = re.findall(r"<script(?![^>]* src=)[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    assert len(inline) == 1
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}'; worker-src 'self'; style-src 'self';" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]


def test_what_tools_and_editors_leave_beside_the_sources_is_not_served(sources: Path) -> None:
    before = set(AssetFolder(sources).snapshot.assets)
    for name in (".made", "src/.env", ".cache/main.js", "src/main.js~", "src/#main.js#", "src/main.js.orig", "package.lock", "notes.md"):
        (sources / name).parent.mkdir(exist_ok=True)
        (sources / name).write_text("secret")
    (sources / "src/new.js").write_text("export const one = 1;")
    assert set(AssetFolder(sources).snapshot.assets) == before | {"src/new.js"}


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
     ("/style.json", "*", "BASEMAP_ORIGINS"), ("", "https://a.example.org", "BASEMAP_ORIGINS requires GEO_BASEMAP_STYLE")],
)  # fmt: skip
def test_a_base_map_that_cannot_be_used_is_refused_at_the_start(
    style: str, origins: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEO_BASEMAP_STYLE", style)
    monkeypatch.setenv("GEO_BASEMAP_ORIGINS", origins)
    with pytest.raises(SettingsError, match=f"GEO_{named}"):
        read_settings()
