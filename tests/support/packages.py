"""Builds the sdist and the wheel, and makes environments that have the wheel and nothing of the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.paths import CHECKOUT

_LONGEST_S = 120


def run(*command: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program with `variables` in its environment, and nothing there that leads to the checkout or its settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GEO_", "PYTHON", "VIRTUAL_ENV")) and name != "PORT"}
    return subprocess.run(command, cwd=cwd, env=plain | variables, capture_output=True, text=True, timeout=_LONGEST_S, check=False)


def files_in_git() -> list[str]:
    """Return the path of every file that git has, or would have after `git add`."""
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT)
    listed.check_returncode()
    return sorted(name for name in listed.stdout.split("\0") if name and not (CHECKOUT / name).is_symlink() and (CHECKOUT / name).is_file())


def copy_sources(folder: Path) -> Path:
    """Copy to `folder` what git has: a clean clone, as far as packaging goes."""
    for name in files_in_git():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target)
    return folder


def add_page(sources: Path) -> None:
    """Build the page in a copy of the sources, as `npm run build` does, with the libraries of this checkout."""
    shutil.copytree(CHECKOUT / "frontend" / "vendor", sources / "frontend" / "vendor")
    (sources / "node_modules").symlink_to(CHECKOUT / "node_modules")
    done = run("node", "frontend/scripts/build.js", cwd=sources)
    assert done.returncode == 0, done.stderr


def build(sources: Path, target: str) -> Path:
    """Return the wheel or the sdist that is made of `sources`, without a network."""
    done = run(sys.executable, "-m", "hatchling", "build", "-t", target, cwd=sources)
    assert done.returncode == 0, done.stderr
    (made,) = (sources / "dist").glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


def unpack(sdist: Path, folder: Path) -> Path:
    """Return the folder of sources that an sdist holds, unpacked in `folder`."""
    folder.mkdir()
    run("tar", "-xzf", sdist, "-C", folder, cwd=folder).check_returncode()
    (sources,) = folder.iterdir()
    return sources


def make_environment(folder: Path, *installed: str | Path) -> Path:
    """Return the folder of programs of a new environment into which pip has installed `installed`.

    Dependencies are those of the running environment. A line of a .pth file adds their folder to the path without
    reading the .pth files in it, so an editable install there is not seen.
    """
    assert run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent).returncode == 0
    programs = folder / "bin"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--python", programs / "python", "install", "--no-deps", "--no-index", "--no-build-isolation")
    done = run(*pip, "--ignore-installed", *installed, cwd=folder)
    assert done.returncode == 0, done.stderr
    return programs
