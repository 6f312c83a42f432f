"""How names, domains, tax ids and handles are recognised. No database."""

import pytest

from clients import identity


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("The ACME GmbH & Co. KG", "acme"),
        ("ACME, Inc.", "acme"),
        ("acme ltd", "acme"),
        ("Ａｃｍｅ", "acme"),  # full width
        ("Müller e.V.", "muller"),
        ("Straße 7 AG", "strasse 7"),
        ("Société Générale S.A.", "societe generale"),
        ("O'Neill’s", "oneills"),
        ("AG", "ag"),  # a name that is nothing but a legal form keeps it
        ("GmbH & Co. KG", "gmbh"),
        ("ООО Ромашка", "ромашка"),
        ("株式会社", "株式会社"),
        ("!!!", ""),
    ],
)
def test_a_name_is_known_without_its_legal_form_case_accents_and_punctuation(name, key):
    assert identity.name_key(name) == key


def test_a_name_that_grows_when_it_is_folded_still_fits_its_column():
    assert len(identity.name_key("\ufdfa" * 200)) == 200


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("acme", "acme", True),
        ("acme digital", "acme digitl", True),
        ("nordlicht", "nordlict", True),
        ("acme software", "acmesoftware", True),
        ("", "", False),
        ("abc", "abd", False),  # too short to say
        ("studio 54", "studio 55", False),
        ("client 1", "client 12", False),
        ("stadtwerke bonn", "stadtwerke koln", False),
        ("nordlicht", "sudlicht media", False),
    ],
)
def test_names_are_alike_when_a_finger_slipped_but_not_when_a_number_or_a_town_differs(one, other, alike):
    assert identity.are_alike(one, other) is alike
    assert identity.are_alike(other, one) is alike


@pytest.mark.parametrize(
    ("website", "email", "own"),
    [
        ("https://www.Acme.io/about", "", ["acme.io"]),
        ("", "Ann@Acme.IO", ["acme.io"]),
        ("https://acme.io", "ann@acme.de", ["acme.io", "acme.de"]),
        ("https://acme.io:8443", "ann@acme.io", ["acme.io"]),
        ("https://müller.de", "", ["xn--mller-kva.de"]),
        ("", "acme@gmail.com", []),
        ("https://www.facebook.com/acme", "acme@gmx.de", []),
        ("http://127.0.0.1", "ann@localhost", []),
        ("http://[::1", "", []),
        (f"https://{'a' * 70}.io", "", []),
    ],
)
def test_domains_are_the_clients_own_and_never_those_of_mail_providers(website, email, own):
    assert identity.domains(website=website, email=email) == own


def test_a_tax_id_is_the_same_however_it_is_spaced():
    assert identity.tax_key(" de 123.456-789 ") == identity.tax_key("DE123456789") == "DE123456789"


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Acme GmbH", "ACME"),
        ("The Bank of Nowhere", "BANK"),
        ("Ödegård A/S", "ODEGARD"),
        ("A & B Holding", "ABHOLDIN"),
        ("3M Deutschland GmbH", "C3MDEUTS"),
        ("株式会社", "CLIENT"),
        ("Donaudampfschifffahrt", "DONAUDAM"),
    ],
)
def test_a_clients_keys_begin_with_a_word_of_its_name(name, prefix):
    assert identity.client_prefix(name) == prefix


def test_a_projects_keys_begin_with_the_clients_and_its_own_initials():
    assert identity.project_prefix("ACME", "Website relaunch for the shop") == "ACMEWRS"
    assert identity.project_prefix("ACME", "再開") == "ACME"


@pytest.mark.parametrize(
    ("platform", "typed", "stored"),
    [
        ("gmail", " Ann@Acme.IO", "ann@acme.io"),
        ("whatsapp", "+49 170 123-45", "4917012345"),
        ("slack", "U024BE7LH", "U024BE7LH"),
        ("discord", "@ann", "ann"),
    ],
)
def test_a_handle_has_one_spelling(platform, typed, stored):
    assert identity.handle(platform, typed) == stored
