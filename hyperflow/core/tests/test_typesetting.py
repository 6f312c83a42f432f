"""Documents hold whatever people write into them."""

import datetime as dt
import logging

import pytest

from hyperflow.core import typesetting

MADE = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


@pytest.fixture
def template(tmp_path, monkeypatch):
    monkeypatch.setattr(typesetting, "TEMPLATES", tmp_path)
    (tmp_path / "note").mkdir()
    path = tmp_path / "note" / "note.typ"
    path.write_text(
        '#set document(title: "A note")\n#set text(font: "Libertinus Serif", fallback: false)\n'
        "#json(bytes(sys.inputs.data)).text"
    )
    yield "note/note.typ"
    typesetting._compiler.cache_clear()


def test_an_archive_is_one(template):
    assert b"pdfaid" in typesetting.pdf(template, {"text": "Łódź"}, made_at=MADE, standard="a-3b")


@pytest.mark.parametrize("text", ["日本", "✅ done", "ไทย"])
def test_a_sign_that_no_font_draws_costs_the_standard_and_not_the_document(template, caplog, text):
    with caplog.at_level(logging.WARNING):
        made = typesetting.pdf(template, {"text": text}, made_at=MADE, standard="a-3b")

    assert made.startswith(b"%PDF-")
    assert b"pdfaid" not in made
    assert [record.message for record in caplog.records] == ["pdf.sign_without_font"]


def test_any_other_fault_of_a_template_is_one(template):
    import typst

    with pytest.raises(typst.TypstError):
        typesetting.pdf(template, {}, made_at=MADE, standard="a-3b")
