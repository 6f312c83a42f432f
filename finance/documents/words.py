"""The words that documents print, in the languages that they come in, and how those write numbers and dates.

They follow the client's language, not the reader's, so they stand here and not in the catalogues of the pages. A
language that is not here is printed in English.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.utils import formats
from django.utils.translation import override

from hyperflow.core import money

ENGLISH = "en"

_COLUMNS = ("en", "de", "fr", "es", "it")
_TABLE = """
invoice          | Invoice | Rechnung | Facture | Factura | Fattura
credit_note      | Credit note | Rechnungskorrektur | Avoir | Factura rectificativa | Nota di credito
estimate         | Estimate | Angebot | Devis | Presupuesto | Preventivo
valid_until      | Valid until | Gültig bis | Valable jusqu’au | Válido hasta | Valido fino al
draft            | Draft | Entwurf | Brouillon | Borrador | Bozza
number           | Number | Nummer | Numéro | Número | Numero
date             | Date | Datum | Date | Fecha | Data
due              | Due date | Fällig am | Échéance | Vencimiento | Scadenza
period           | Work from – to | Leistungszeitraum | Période | Periodo | Periodo
reference        | Your reference | Ihre Referenz | Votre référence | Su referencia | Vostro riferimento
corrects         | For invoice | Zu Rechnung | Pour la facture | De la factura | Per la fattura
vat_id           | VAT id | USt-IdNr. | N° TVA | NIF-IVA | P. IVA
your_vat_id      | Your VAT id | Ihre USt-IdNr. | Votre n° TVA | Su NIF-IVA | Vostra P. IVA
tax_number       | Tax number | Steuernummer | N° fiscal | N.º fiscal | Codice fiscale
description      | Description | Beschreibung | Désignation | Descripción | Descrizione
quantity         | Quantity | Menge | Quantité | Cantidad | Quantità
price            | Price | Preis | Prix | Precio | Prezzo
tax_rate         | Tax | USt. | TVA | IVA | IVA
amount           | Amount | Betrag | Montant | Importe | Importo
discount         | Discount | Rabatt | Remise | Descuento | Sconto
subtotal         | Subtotal | Zwischensumme | Sous-total | Subtotal | Subtotale
tax              | Tax | Umsatzsteuer | TVA | IVA | IVA
on               | on | auf | sur | sobre | su
total            | Total | Gesamtbetrag | Total | Total | Totale
credited         | Credited in total | Gutgeschrieben | Total de l’avoir | Total abonado | Totale accreditato
to_pay           | To pay | Zahlbetrag | À payer | A pagar | Da pagare
pay_until        | Please pay by | Bitte zahlen Sie bis zum | À régler avant le | Páguese antes del | Da pagare entro il
bank             | Bank | Bank | Banque | Banco | Banca
account_holder   | Account holder | Kontoinhaber | Titulaire | Titular | Intestatario
payment_for      | Reference | Verwendungszweck | Référence | Concepto | Causale
scan             | Scan to pay | Zum Zahlen scannen | Scanner pour payer | Escanee para pagar | Scansiona per pagare
reason           | Reason | Grund | Motif | Motivo | Motivo
page             | Page | Seite | Page | Página | Pagina
piece            | | | | |
hour             | h | Std. | h | h | h
day              | days | Tage | jours | días | giorni
one_piece        | | | | |
one_hour         | h | Std. | h | h | h
one_day          | day | Tag | jour | día | giorno
one_month        | month | Monat | mois | mes | mese
month            | months | Monate | mois | meses | mesi
download         | Download PDF | PDF herunterladen | Télécharger le PDF | Descargar el PDF | Scarica il PDF
is_open          | Open | Offen | À régler | Pendiente | Da pagare
is_overdue       | Overdue | Überfällig | En retard | Vencida | Scaduta
is_paid          | Paid | Bezahlt | Réglée | Pagada | Pagata
is_void          | Cancelled | Storniert | Annulée | Anulada | Annullata
paid             | Paid so far | Bereits bezahlt | Déjà réglé | Ya pagado | Già pagato
credited_before  | Credited so far | Bereits gutgeschrieben | Avoirs | Ya abonado | Già accreditato
left             | Still to pay | Noch zu zahlen | Reste à payer | Pendiente de pago | Ancora da pagare
how_to_pay       | How to pay | So zahlen Sie | Comment régler | Cómo pagar | Come pagare
statement        | Statement of account | Kontoauszug | Relevé de compte | Extracto de cuenta | Estratto conto
period_of        | Period | Zeitraum | Période | Periodo | Periodo
document         | Document | Beleg | Document | Documento | Documento
nothing          | No movements. | Keine Bewegungen. | Aucun mouvement. | Sin movimientos. | Nessun movimento.
paid_out         | Credit paid out | Guthaben ausgezahlt | Avoir remboursé | Saldo a favor pagado | Credito rimborsato
opening          | Balance before | Saldo vorher | Solde antérieur | Saldo anterior | Saldo precedente
closing          | Balance | Saldo | Solde | Saldo | Saldo
payment          | Payment | Zahlung | Paiement | Pago | Pagamento
refund           | Refund | Erstattung | Remboursement | Reembolso | Rimborso
charged          | Charged | Belastet | Débit | Cargo | Addebito
received         | Received | Gutgeschrieben | Crédit | Abono | Accredito
"""


def _read(table: str) -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, str]] = {code: {} for code in _COLUMNS}
    for row in filter(None, (line.strip() for line in table.splitlines())):
        name, *found = (part.strip() for part in row.split("|"))
        for code, word in zip(_COLUMNS, found, strict=True):
            words[code][name] = word
    return words


_WORDS = _read(_TABLE)
LANGUAGES = _COLUMNS


class Words:
    """What to say in a language (``de``, ``de-AT``), and how to write amounts and days in it."""

    def __init__(self, language: str) -> None:
        code = language.replace("_", "-").lower()
        base = code.partition("-")[0]
        self.code = base if base in _WORDS else ENGLISH
        # English dates differ by country; a language that is unknown to Django is written as its base is.
        self.locale = "en-gb" if self.code == ENGLISH and code != "en-us" else self.code
        self.words: Mapping[str, str] = _WORDS[self.code]

    def __getitem__(self, name: str) -> str:
        return self.words[name]

    def amount(self, amount: Decimal, currency: str) -> str:
        """With the digits of its currency: ``1.234,50``."""
        return self._number(money.quantize(amount, currency), money.digits(currency))

    def price(self, price: Decimal, currency: str) -> str:
        """As exactly as it is, and at least with the digits of its currency."""
        return self._number(price, max(money.digits(currency), _places(price)))

    def number(self, number: Decimal) -> str:
        """Without zeros that say nothing."""
        return self._number(number, _places(number))

    def unit(self, name: str, quantity: Decimal) -> str:
        """The unit of so much: one month, two months. French counts everything below two as one."""
        is_one = abs(quantity) < 2 if self.code == "fr" else abs(quantity) == 1
        return self.words[f"one_{name}" if is_one else name]

    def day(self, day: dt.date | None) -> str:
        if day is None:
            return ""
        with override(self.locale):
            return formats.date_format(day, "j F Y" if self.code != "de" else "j. F Y")

    def _number(self, number: Decimal, places: int) -> str:
        with override(self.locale):
            text = formats.number_format(number, decimal_pos=places, use_l10n=True, force_grouping=True)
        return str(text).replace("-", "−")


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
