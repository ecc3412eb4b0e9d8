"""The manifest by which the page is installed, and the service worker that keeps it."""

import json
import re
from pathlib import Path

import httpx
import pytest

from geo_service.pages.asset_folder import AssetFolder
from geo_service.pages.offline import kept_files, service_worker
from tests.support.http_client import asking
from tests.support.paths import CHECKOUT

SOURCES = CHECKOUT / "frontend"
BUILD = SOURCES / "dist"


def written_build(folder: Path, digest: str) -> Path:
    """A build with just enough files."""
    files = {name: f"/* {name} */" for name in ("main-A.js", "index-B.css", "embed-C.js", "main-A.js.map", "src/offline/service_worker.js")}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    entries = {name: {"hash": name, "encodings": []} for name in files}
    (folder / "build.json").write_text(json.dumps({"digest": digest, "files": entries, "pages": {}}), encoding="utf-8")
    return folder


def test_a_worker_names_the_files_of_its_build_and_another_build_has_another_worker(tmp_path: Path) -> None:
    first, second = (AssetFolder(written_build(tmp_path / digest, digest)).snapshot for digest in ("a" * 16, "b" * 16))
    assert kept_files(first) == ["index-B.css", "main-A.js"]
    begun, _, rest = service_worker(first).partition(b";")
    assert json.loads(begun.removeprefix(b"self.GEO_BUILD=")) == {"digest": "a" * 16, "files": ["index-B.css", "main-A.js"]}
    assert rest == b"/* src/offline/service_worker.js */"
    assert service_worker(first) == service_worker(first) != service_worker(second)


def test_sources_are_not_kept_and_take_back_what_a_build_has_kept(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("", encoding="utf-8")
    worker = service_worker(AssetFolder(tmp_path).snapshot)
    assert b"registration.unregister()" in worker and b"respondWith" not in worker


@pytest.mark.skipif(not (BUILD / "build.json").is_file(), reason="the page is not built")
async def test_the_page_links_what_it_is_installed_by_and_every_file_is_there(database_url: str) -> None:
    async with asking(database_url) as client:
        for address in ("/", "/?view=wall"):
            page = await client.get(address)
            if 'name="geo-build"' not in page.text:
                pytest.skip("a source is newer than the build")
            assert "manifest-src 'self'" in page.headers["content-security-policy"]
            assert '<link rel="manifest" href="/manifest.webmanifest" />' in page.text
        assert "geo-build" not in (await client.get("/embed")).text
        await check_manifest(client)
        await check_worker(client)


async def check_manifest(client: httpx.AsyncClient) -> None:
    answer = await client.get("/manifest.webmanifest", headers={"Accept-Language": "ru-RU,ru;q=0.9"})
    document = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert (document["lang"], document["start_url"], document["scope"], document["display"]) == ("ru", "./", "./", "standalone")
    assert document["name"] == "Карта сообщений граждан"
    assert (await client.get("/manifest.webmanifest?lang=en")).json()["short_name"] == "Messages"
    assert (await client.get("/manifest.webmanifest?lang=de")).status_code == 400
    assert {(icon["sizes"], icon["purpose"]) for icon in document["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }
    for icon in document["icons"]:
        picture = await client.get(f"/{icon['src']}")
        assert picture.headers["content-type"] == "image/png"
        width = int(icon["sizes"].partition("x")[0])
        assert [int.from_bytes(picture.content[at : at + 4], "big") for at in (16, 20)] == [width, width]


async def check_worker(client: httpx.AsyncClient) -> None:
    answer = await client.get("/service-worker.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == "default-src 'none'; connect-src 'self'"
    found = re.match(r"self\.GEO_BUILD=(\{.*?\});", answer.text)
    assert found
    build = json.loads(found[1])
    page = (await client.get("/")).text
    assert f'content="{build["digest"]}"' in page
    for name in re.findall(rf"/static/{build['digest']}/([^\"]+\.(?:js|mjs|css))", page):
        assert name in build["files"]
    for name in build["files"]:
        assert (await client.get(f"/static/{build['digest']}/{name}")).status_code == 200, name
