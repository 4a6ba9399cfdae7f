"""`make shots`: the pictures of docs/images, taken from the demo: home, issue list and an issue, light and dark."""

import argparse
import base64
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

from tests.browser import log_in
from tests.servers import ROOT, Server
from tests.system import program

IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1280, 800
MOST = 200_000  # bytes of a picture
# The browser is the one program here that writes WebP.
TO_WEBP = """async (png) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {width: image.width, height: image.height});
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.9).split(",")[1];
}"""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", default="3000", help="of the demo, about")
    options = parser.parse_args()
    chromium = program("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed.")
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        server = Server(Path(directory), None)
        try:
            server.start()
            server.command("demo", "--events", options.events)
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            log_in(page, server)
            take(page, browser.new_page(), server)
            browser.close()
        finally:
            server.close()


def take(page: Page, blank: Page, server: Server) -> None:
    """blank: where nothing forbids pictures that come as text."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    pages = {
        "home": "/",
        "issues": "/projects/shop-api/issues/",
        "issue": f"/issues/{telling(server)}/",
    }
    for name, url in pages.items():
        page.goto(server.url + url)
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            path = IMAGES / f"{name}-{theme}.webp"
            png = base64.b64encode(page.screenshot()).decode()
            size = path.write_bytes(base64.b64decode(blank.evaluate(TO_WEBP, png)))
            print(f"{path.relative_to(ROOT)}: {size / 1000:.0f} KB")
            if size > MOST:
                sys.exit("That is too large for a page that people load.")


def telling(server: Server) -> int:
    """The issue that shows the most: of the worker, whose frames have variables, with many events."""
    statement = (
        "SELECT id FROM issues_issue WHERE platform = 'python' AND status = 0 "
        "ORDER BY event_count DESC LIMIT 1"
    )
    return int(server.query(statement)[0][0])


if __name__ == "__main__":
    main()
