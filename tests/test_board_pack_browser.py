"""The board pack in a browser, as someone who cannot see it, or has a small screen, meets it.

Here: axe-core over the pages of a release, in headless Chromium.
Belongs here: what only a browser can tell of a page.
Does not belong here: what the page says (`test_board_pack.py`).
"""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Warehouse

# axe-core lies in this wheel; what else the package needs is not wanted.
AXE = "axe-playwright-python==0.1.8"
ASKED = """<script>
axe.run(document, {resultTypes: ["violations"]}).then(found => {
  const said = document.createElement("pre");
  said.id = "found";
  said.textContent = JSON.stringify(found.violations.map(broken => [broken.id, broken.nodes.map(node => node.html)]));
  document.body.appendChild(said);
});
</script>"""


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, as a script for a page."""
    folder = tmp_path_factory.mktemp("axe")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "pip", "install", "--quiet", "--no-deps", "--target", folder, AXE], check=True)
    (script,) = folder.rglob("axe.min.js")
    return "<script>" + script.read_text(encoding="utf-8").replace("</script>", "<\\/script>") + "</script>"


def violations(page: str, axe: str, width: int, folder: Path) -> list[Any]:
    """Rule and places of each violation that axe-core finds in a page."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    asked = folder / "asked.html"
    asked.write_text(page.replace("</body>", f"{axe}{ASKED}</body>"), encoding="utf-8")
    dumped = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},2000", "--timeout=300000"]
        + ["--virtual-time-budget=600000", "--dump-dom", asked.as_uri()],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = re.search(r'<pre id="found">(.*?)</pre>', dumped, re.DOTALL)
    assert found, "axe-core did not end"
    broken: list[Any] = json.loads(html.unescape(found[1]))
    return broken


@pytest.mark.long
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", ["board_pack.html", "quarterly_report.html"])
def test_axe_finds_no_violation_in_a_page(sample: Warehouse, axe: str, name: str, width: int, tmp_path: Path) -> None:
    page = (sample.folder / "current" / name).read_text(encoding="utf-8").replace("<details>", "<details open>")
    assert violations(page, axe, width, tmp_path) == []


@pytest.mark.long
def test_axe_finds_what_is_wrong(sample: Warehouse, axe: str, tmp_path: Path) -> None:
    page = (sample.folder / "current" / "board_pack.html").read_text(encoding="utf-8")
    broken = page.replace("</main>", '<img src="data:,"><p style="color:#ccc">pale</p></main>')
    assert {rule for rule, _ in violations(broken, axe, 1280, tmp_path)} >= {"image-alt", "color-contrast"}
