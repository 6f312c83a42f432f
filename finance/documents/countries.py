"""The countries of Europe and some more in the languages that documents come in. Another is printed as its code."""

from finance.documents.words import LANGUAGES

_TABLE = """
AD | Andorra | Andorra | Andorre | Andorra | Andorra
AL | Albania | Albanien | Albanie | Albania | Albania
AT | Austria | Österreich | Autriche | Austria | Austria
AU | Australia | Australien | Australie | Australia | Australia
BA | Bosnia and Herzegovina | Bosnien und Herzegowina | Bosnie-Herzégovine | Bosnia y Herzegovina | Bosnia ed Erzegovina
BE | Belgium | Belgien | Belgique | Bélgica | Belgio
BG | Bulgaria | Bulgarien | Bulgarie | Bulgaria | Bulgaria
BY | Belarus | Belarus | Biélorussie | Bielorrusia | Bielorussia
CA | Canada | Kanada | Canada | Canadá | Canada
CH | Switzerland | Schweiz | Suisse | Suiza | Svizzera
CY | Cyprus | Zypern | Chypre | Chipre | Cipro
CZ | Czechia | Tschechien | Tchéquie | Chequia | Cechia
DE | Germany | Deutschland | Allemagne | Alemania | Germania
DK | Denmark | Dänemark | Danemark | Dinamarca | Danimarca
EE | Estonia | Estland | Estonie | Estonia | Estonia
ES | Spain | Spanien | Espagne | España | Spagna
FI | Finland | Finnland | Finlande | Finlandia | Finlandia
FO | Faroe Islands | Färöer | Îles Féroé | Islas Feroe | Fær Øer
FR | France | Frankreich | France | Francia | Francia
GB | United Kingdom | Vereinigtes Königreich | Royaume-Uni | Reino Unido | Regno Unito
GG | Guernsey | Guernsey | Guernesey | Guernsey | Guernsey
GI | Gibraltar | Gibraltar | Gibraltar | Gibraltar | Gibilterra
GR | Greece | Griechenland | Grèce | Grecia | Grecia
HR | Croatia | Kroatien | Croatie | Croacia | Croazia
HU | Hungary | Ungarn | Hongrie | Hungría | Ungheria
IE | Ireland | Irland | Irlande | Irlanda | Irlanda
IM | Isle of Man | Insel Man | Île de Man | Isla de Man | Isola di Man
IS | Iceland | Island | Islande | Islandia | Islanda
IT | Italy | Italien | Italie | Italia | Italia
JE | Jersey | Jersey | Jersey | Jersey | Jersey
LI | Liechtenstein | Liechtenstein | Liechtenstein | Liechtenstein | Liechtenstein
LT | Lithuania | Litauen | Lituanie | Lituania | Lituania
LU | Luxembourg | Luxemburg | Luxembourg | Luxemburgo | Lussemburgo
LV | Latvia | Lettland | Lettonie | Letonia | Lettonia
MC | Monaco | Monaco | Monaco | Mónaco | Monaco
MD | Moldova | Moldau | Moldavie | Moldavia | Moldavia
ME | Montenegro | Montenegro | Monténégro | Montenegro | Montenegro
MK | North Macedonia | Nordmazedonien | Macédoine du Nord | Macedonia del Norte | Macedonia del Nord
MT | Malta | Malta | Malte | Malta | Malta
NL | Netherlands | Niederlande | Pays-Bas | Países Bajos | Paesi Bassi
NO | Norway | Norwegen | Norvège | Noruega | Norvegia
PL | Poland | Polen | Pologne | Polonia | Polonia
PT | Portugal | Portugal | Portugal | Portugal | Portogallo
RO | Romania | Rumänien | Roumanie | Rumanía | Romania
RS | Serbia | Serbien | Serbie | Serbia | Serbia
SE | Sweden | Schweden | Suède | Suecia | Svezia
SI | Slovenia | Slowenien | Slovénie | Eslovenia | Slovenia
SK | Slovakia | Slowakei | Slovaquie | Eslovaquia | Slovacchia
SM | San Marino | San Marino | Saint-Marin | San Marino | San Marino
TR | Türkiye | Türkei | Turquie | Turquía | Turchia
UA | Ukraine | Ukraine | Ukraine | Ucrania | Ucraina
US | United States | Vereinigte Staaten | États-Unis | Estados Unidos | Stati Uniti
VA | Vatican City | Vatikanstadt | Cité du Vatican | Ciudad del Vaticano | Città del Vaticano
"""


def _read(table: str) -> dict[str, dict[str, str]]:
    found = {}
    for row in table.strip().splitlines():
        code, *names = (part.strip() for part in row.split("|"))
        found[code] = dict(zip(LANGUAGES, names, strict=True))
    return found


_NAMES = _read(_TABLE)


def name_of(code: str, language: str) -> str:
    """``NO`` in ``de`` is Norwegen; a code that is not in the table stands for itself."""
    return _NAMES.get(code.upper(), {}).get(language, code)
