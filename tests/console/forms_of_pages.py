"""What a browser without scripts would send for a form: every control of it with its value."""

from html.parser import HTMLParser


class _Reading(HTMLParser):
    """Gathers the controls inside the form with this id."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.is_inside = form, False
        self.said: dict[str, list[str]] = {}
        self._area = self._list = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.is_inside = told.get("id") == self.form
        if not self.is_inside:
            return
        name = told.get("name", "")
        if tag == "input" and name:
            self.said.setdefault(name, []).append(told.get("value", ""))
        elif tag == "textarea":
            self._area, self._text = name, []
        elif tag == "select":
            self._list = name
        elif tag == "option" and self._list and ("selected" in told or self._list not in self.said):
            self.said[self._list] = [told.get("value", "")]

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.said.setdefault(self._area, []).append("".join(self._text).removeprefix("\n"))
            self._area = ""
        elif tag == "select":
            self._list = ""
        elif tag == "form":
            self.is_inside = False


def form_said(page: str, form: str) -> dict[str, list[str]]:
    """The controls by name; several of one name in their order."""
    reading = _Reading(form)
    reading.feed(page)
    return reading.said
