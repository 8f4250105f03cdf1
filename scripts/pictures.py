"""Pictures of every built-in e-mail, for docs/img/templates: three languages side by side, on a desk and on a phone.

    python scripts/pictures.py [TEMPLATE ...]

Needs Chromium. The pictures are looked at by people; a test checks that each template has one.
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from wraca.channels.email.gallery import write_gallery
from wraca.channels.email.library import LANGUAGES, TEMPLATES
from wraca.testing.programs import find_chromium

FOLDER = Path(__file__).parents[1] / "docs" / "img" / "templates"
_WIDTHS = (620, 390)
_QUALITY = 55
_SHEET = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 16px; background: #cfccc4; display: flex; gap: 16px; align-items: flex-start; width: max-content; }}
iframe {{ border: 0; background: #f4f2ed; }}
</style>{frames}"""


def draw(browser: Browser, pages: Path, template: str) -> Path:
    """One sheet: each width, each language."""
    frames = "".join(
        f'<iframe src="{template}.{language}.html" width="{width}"></iframe>' for width in _WIDTHS for language in LANGUAGES
    )
    sheet = pages / f"{template}.sheet.html"
    sheet.write_text(_SHEET.format(frames=frames), encoding="utf-8")
    page = browser.new_page(viewport={"width": 3400, "height": 1000}, device_scale_factor=0.6)
    page.goto(sheet.as_uri())
    for frame in page.frames[1:]:
        height = frame.evaluate("document.documentElement.scrollHeight")
        element = frame.frame_element()
        element.evaluate(f"each => each.height = {height}")
    path = FOLDER / f"{template}.jpg"
    page.locator("body").screenshot(path=path, type="jpeg", quality=_QUALITY)
    page.close()
    return path


def main(templates: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        pages = Path(folder)
        write_gallery(pages, templates)
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--allow-file-access-from-files", "--disable-gpu"]
        )
        for number, template in enumerate(templates, 1):
            path = draw(browser, pages, template)
            print(f"{number}/{len(templates)} {path.name} {path.stat().st_size // 1000} kB")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:] or list(TEMPLATES))
