"""A browser at a live server: every page it opens is watched for errors, refused resources and broken layout."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.tests.factories import PASSWORD

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
]

#: What a person with a screen reader needs on every page: names for fields, buttons and pictures, one heading, a
#: language, a title. Gives a sentence for each thing that lacks it.
BASICS = """() => {
  const shown = (node) => node.getClientRects().length > 0 && getComputedStyle(node).visibility !== "hidden";
  const named = (node) => (node.labels && node.labels.length) || node.getAttribute("aria-label")
    || node.getAttribute("aria-labelledby") || node.title || node.placeholder || node.textContent.trim()
    || node.querySelector("img[alt]:not([alt='']), [title]:not([title=''])");
  const found = [];
  for (const node of document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href]")) {
    // The search field of a drop-down list is named by the list around it.
    const its_own = !node.matches(".select2-search__field");
    if (its_own && shown(node) && !named(node)) found.push("no name: " + node.outerHTML.slice(0, 160));
  }
  for (const node of document.querySelectorAll("img:not([alt])")) found.push("no alt: " + node.outerHTML.slice(0, 160));
  if (document.querySelectorAll("h1").length !== 1) found.push("h1: " + document.querySelectorAll("h1").length);
  if (!document.documentElement.lang) found.push("no language");
  if (!document.title.trim()) found.push("no title");
  return found;
}"""


@dataclass
class Browser:
    """``open(path)`` waits until the page is quiet and checks it; ``complaints`` is what went wrong since the start."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)
    under_way: set[Any] = field(default_factory=set)

    def open(self, path: str, *, basics: bool = True) -> Any:
        self.page.goto(self.address + path)
        self.check(basics=basics)
        return self.page

    def hold(self, path: str) -> None:
        """The page loaded on a phone, then laid out on a desk, light and dark: it holds on each of them."""
        self.page.set_viewport_size(PHONE)
        self.open(path)
        self.page.set_viewport_size(DESK)
        self.check()
        self.page.emulate_media(color_scheme="dark")
        self.page.evaluate("document.documentElement.classList.add('dark')")  # as the theme does when it loads
        self.check()
        self.page.emulate_media(color_scheme="light")

    def wait(self) -> None:
        """Until the page and what its scripts asked for at once have come. Sooner than Playwright's ``networkidle``,
        which adds half a second to every page."""
        self.page.wait_for_load_state("load")
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        until = time.monotonic() + 20
        while self.under_way:
            assert time.monotonic() < until, f"{self.page.url} goes on loading {self.under_way}"
            self.page.wait_for_timeout(20)

    def check(self, *, basics: bool = True) -> None:
        self.wait()
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{self.page.url} is {wider} px wider than the window"
        if basics:
            assert self.page.evaluate(BASICS) == [], self.page.url
        assert self.complaints == [], self.page.url

    def sign_in(self, person: Any) -> None:
        self.page.goto(f"{self.address}/admin/login/")
        self.page.fill("#id_username", person.email)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("#login-form button[type=submit]")
        self.page.wait_for_url(f"{self.address}/admin/")
        self.check()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("There is no Chromium here")
    # Playwright's loop runs in this thread; what Django does in it is synchronous all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browse(
    chromium: Any, live_server: Any, transactional_db: None, django_db_serialized_rollback: None
) -> Iterator[Any]:
    """``browse(PHONE)`` opens a fresh browser window of that size."""
    contexts = []

    def open_window(size: dict[str, int] = DESK, *, dark: bool = False) -> Browser:
        context = chromium.new_context(
            viewport=size, color_scheme="dark" if dark else "light", timezone_id="UTC", accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        window = Browser(page, live_server.url)
        page.on(
            "console",
            lambda message: (
                window.complaints.append(f"{message.type}: {message.text}")
                if message.type in {"error", "warning"}
                else None
            ),
        )
        page.on("request", lambda request: window.under_way.add(request))
        page.on("requestfinished", lambda request: window.under_way.discard(request))
        page.on("requestfailed", lambda request: window.under_way.discard(request))
        page.on("pageerror", lambda error: window.complaints.append(f"uncaught: {error}"))
        page.on(
            "response",
            lambda answer: window.complaints.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        )
        page.on(
            "request",
            lambda request: (
                window.complaints.append(f"elsewhere: {request.url}")
                if not request.url.startswith((live_server.url, "data:", "blob:"))
                else None
            ),
        )
        return window

    yield open_window
    for context in contexts:
        context.close()
