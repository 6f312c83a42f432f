"""The invented clients: who they are, who speaks for them, what they like, and what they have ordered."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Order:
    """A project: ``kind`` says what its tasks are like; it runs from ``begins`` to ``ends`` months before today."""

    name: str
    kind: str
    billing: str
    rate: Decimal | None
    budget: Decimal | None
    hours: int | None
    begins: float
    ends: float


@dataclass(frozen=True)
class Customer:
    """``things`` is what its work is about: products, pages, places."""

    name: str
    industry: str
    domain: str
    city: str
    zone: str
    currency: str
    rate: str
    status: str
    about: str
    people: tuple[tuple[str, str], ...]
    brands: tuple[str, ...]
    dos: tuple[str, ...]
    donts: tuple[str, ...]
    things: tuple[str, ...]
    orders: tuple[Order, ...]


def _orders(text: str) -> tuple[Order, ...]:
    found = []
    for row in filter(None, (line.strip() for line in text.splitlines())):
        name, kind, billing, rate, budget, hours, begins, ends = (part.strip() for part in row.split("|"))
        found.append(
            Order(
                name,
                kind,
                billing,
                Decimal(rate) if rate else None,
                Decimal(budget) if budget else None,
                int(hours) if hours else None,
                float(begins),
                float(ends),
            )
        )
    return tuple(found)


def _customer(head: str, people: str, brands: str, dos: str, donts: str, things: str, orders: str) -> Customer:
    name, industry, domain, city, zone, currency, rate, status, about = (part.strip() for part in head.split("|"))

    def split(text: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in text.split(";") if part.strip())

    pairs = tuple((who.split(",")[0].strip(), who.split(",")[1].strip()) for who in split(people))
    return Customer(
        name, industry, f"{domain}.example", city, zone, currency, rate, status, about, pairs,
        split(brands), split(dos), split(donts), split(things), _orders(orders),
    )  # fmt: skip


CUSTOMERS = (
    _customer(
        "Nordlicht Energie GmbH | Energy | nordlicht-energie | Hamburg | Europe/Berlin | EUR | 112 | active"
        "| Green power for households in the north, with a tariff that follows the hour.",
        "Annika Thomsen, Head of marketing; Malte Ehlers, Product owner",
        "Nordlicht; Nordlicht Mobil",
        "Say what a tariff costs in a month; Address readers informally",
        "No pictures of wind turbines at sunset; Never promise savings in percent",
        "hourly tariff; customer portal; wall box bundle; heat pump guide; meter reading page",
        """Website relaunch          | web      | fixed    |      | 170000 | 1500 | 13.5 | 7.5
           Customer portal           | app      | hourly   | 118  |        | 1190 | 8    | -2
           Search and content        | content  | retainer |      | 6100   | 54   | 14   | -4""",
    ),
    _customer(
        "Kaffeerösterei Ahorn | Food and drink | ahorn-kaffee | Leipzig | Europe/Berlin | EUR | | active"
        "| A family roastery with four shops and a subscription.",
        "Clara Ahorn, Owner; Benno Ahorn, Online shop",
        "Ahorn; Ahorn Hofladen",
        "Name the farm behind each coffee; Warm, unretouched photographs",
        "No words like premium or finest; No discounts in headlines",
        "spring blend; subscription box; filter guide; gift set; Leipzig shop",
        """Online shop               | shop     | fixed    |      | 48500  | 440  | 13.5 | 5
           Seasonal campaigns        | campaign | retainer |      | 3200   | 31   | 14   | -3
           Bag and shop signage      | brand    | hourly   | 92   |        | 200  | 4.5  | 0""",
    ),
    _customer(
        "Bergmann & Söhne Maschinenbau AG | Engineering | bergmann-maschinen | Stuttgart | Europe/Berlin | EUR | 124"
        "| active | Packaging machines for bakeries, sold in thirty countries.",
        "Dr. Uwe Bergmann, Managing director; Katrin Noll, Trade fairs; Sven Adler, Sales",
        "Bergmann; PackLine",
        "Technical drawings before photographs; German and English at the same time",
        "No machines without guards in pictures; Never name customers without release",
        "PackLine 400; trade fair stand; spare parts finder; service manual; English pages",
        """Corporate design refresh  | brand    | fixed    |      | 98000  | 800  | 13   | 8
           Trade fair interpack      | campaign | hourly   |      |        | 410  | 6    | 1
           Spare parts finder        | app      | hourly   | 128  |        | 710  | 5    | -3""",
    ),
    _customer(
        "Hotel Seeblick Lugano SA | Hospitality | seeblick-lugano | Lugano | Europe/Zurich | CHF | 135 | active"
        "| Ninety rooms at the lake and a restaurant that locals book, too.",
        "Elena Galli, Director; Marco Ferrari, Reservations",
        "Seeblick; Ristorante Riva",
        "Three languages: Italian first; Show the lake in every season",
        "No stock photographs of guests; No stars in texts",
        "suite pages; Riva menu; wedding brochure; booking engine; winter offer",
        """Booking website           | web      | fixed    |      | 78000  | 580  | 10   | 4
           Social media              | social   | retainer |      | 4100   | 34   | 9    | -3""",
    ),
    _customer(
        "Praxisverbund Elbe | Health | praxisverbund-elbe | Dresden | Europe/Berlin | EUR | 98 | active"
        "| Eleven medical practices with one appointment desk.",
        "Dr. Judith Kern, Speaker; Holger Pieper, Office",
        "Praxisverbund Elbe",
        "Plain language, level B1; Contrast of at least 4.5 to 1",
        "No promises of healing; Never before and after pictures",
        "appointment page; practice profiles; vaccination notice; accessibility statement",
        """Accessible website        | web      | fixed    |      | 64000  | 560  | 9    | 2
           Support and care          | support  | retainer |      | 2600   | 26   | 12   | -6""",
    ),
    _customer(
        "Tidewater Outfitters Ltd | Retail | tidewater-outfitters | Bristol | Europe/London | GBP | 96 | active"
        "| Rainwear and sea swimming gear, three shops and the web.",
        "Imogen Hart, E-commerce director; Callum Reid, Buying",
        "Tidewater; Saltline",
        "British spelling; Models of all ages",
        "No urgency banners; Nothing about weight",
        "dry robe range; returns page; size advisor; autumn lookbook; Saltline launch",
        """Shop platform change      | shop     | hourly   | 102  |        | 1090 | 13.9 | 3
           Paid search               | ads      | retainer |      | 4800   | 41   | 14   | -4
           Saltline brand            | brand    | fixed    |      | 33000  | 310  | 5    | 0.5""",
    ),
    _customer(
        "Museum für Stadtgeschichte Köln | Culture | stadtgeschichte-koeln | Cologne | Europe/Berlin | EUR | 89"
        "| active | A city museum with a young programme and an old house.",
        "Dr. Franziska Moll, Curator; Timo Lenz, Press office",
        "Stadtgeschichte",
        "Credit every picture; Easy language version of each page",
        "No gendered short forms; No countdowns",
        "audio guide; school visits; exhibition on bridges; ticket page; night of museums",
        """Exhibition campaign       | campaign | fixed    |      | 37500  | 360  | 7    | 1
           Audio guide               | app      | fixed    |      | 58000  | 510  | 4.5  | -2""",
    ),
    _customer(
        "Lumen Optik Kette KG | Retail | lumen-optik | Frankfurt | Europe/Berlin | EUR | 104 | active"
        "| Twenty-six opticians that want to be found nearby.",
        "Oliver Stamm, Marketing; Beate Kranz, Branches",
        "Lumen; Lumen Kids",
        "Branch and phone number on every page; Prices with lenses",
        "No children with phones; Never say designer",
        "branch pages; eye test booking; kids' glasses; progressive lens guide; voucher mail",
        """Local search              | seo      | retainer |      | 5300   | 51   | 14   | -5
           Eye test booking          | app      | hourly   | 110  |        | 900  | 12.5 | 4
           Lumen Kids launch         | campaign | fixed    |      | 45000  | 390  | 3.5  | -1""",
    ),
    _customer(
        "Fjordbank ASA | Finance | fjordbank | Oslo | Europe/Oslo | NOK | 1450 | active"
        "| A savings bank for people who would rather not think of banks.",
        "Ingrid Solheim, Brand; Anders Lie, Digital",
        "Fjordbank",
        "Every claim with its source; Norwegian bokmål and English",
        "No metaphors of sailing; Never compare with named banks",
        "savings calculator; app onboarding; annual report; house loan page",
        """App onboarding            | app      | hourly   | 1520 |        | 1100 | 12   | 1
           Annual report             | brand    | fixed    |      | 527000 | 320  | 4    | 0.5""",
    ),
    _customer(
        "GrünWerk Gartenbau | Trades | gruenwerk-garten | Münster | Europe/Berlin | EUR | | active"
        "| Gardens for people and bees, planned and planted.",
        "Lars Hövel, Owner",
        "GrünWerk",
        "Plants with their German names first; Photographs from own gardens",
        "No leaf blowers in pictures",
        "garden planner; winter service page; apprenticeship page; reference gardens",
        """Website                   | web      | fixed    |      | 24500  | 220  | 6    | 1.5
           Apprentices wanted        | social   | hourly   | 84   |        | 150  | 3    | -1""",
    ),
    _customer(
        "Parcello Logistics BV | Logistics | parcello | Rotterdam | Europe/Amsterdam | EUR | 116 | active"
        "| Same-day parcels by cargo bike in nine cities.",
        "Sanne de Wit, Chief marketing officer; Joost Bakker, Product",
        "Parcello; Parcello Business",
        "Numbers with their date; Riders are called riders",
        "No vans in pictures; Never say last mile",
        "tracking page; business quote form; rider recruiting; city launch in Ghent; status mails",
        """Tracking page             | app      | hourly   | 120  |        | 600  | 8    | 2
           City launches             | campaign | hourly   |      |        | 540  | 6    | -2
           Support and care          | support  | retainer |      | 3700   | 34   | 14   | -6""",
    ),
    _customer(
        "Stiftung Lesezeit | Non-profit | stiftung-lesezeit | Berlin | Europe/Berlin | EUR | 72 | active"
        "| Volunteers who read to children, and the money for it.",
        "Ruth Seidel, Board; Emre Yildiz, Volunteers",
        "Lesezeit",
        "Children only from behind or drawn; Thank before asking",
        "No pity; No full names of children",
        "donation form; volunteer sign-up; yearly letter; reading day",
        """Donation form             | web      | fixed    |      | 16500  | 190  | 5    | 1
           Reading day               | campaign | fixed    |      | 12000  | 140  | 2.5  | -1""",
    ),
    _customer(
        "Voltaro Mobility SE | Mobility | voltaro | Munich | Europe/Berlin | EUR | 128 | active"
        "| Electric scooters by subscription, for companies and commuters.",
        "Nadine Krüger, Head of brand; Felix Sommer, Growth; Priya Nair, Product",
        "Voltaro; Voltaro Fleet",
        "Helmets in every picture; Range at ten degrees",
        "No traffic jams in pictures; No superlatives",
        "fleet calculator; subscription page; spring launch; rider app; press kit",
        """Spring launch             | campaign | fixed    |      | 139000 | 1100 | 13   | 5
           Fleet calculator          | app      | hourly   | 132  |        | 510  | 6    | 0.5
           Performance marketing     | ads      | retainer |      | 7100   | 61   | 14   | -4""",
    ),
    _customer(
        "Atelier Moreau | Fashion | atelier-moreau | Lyon | Europe/Paris | EUR | | active"
        "| Bags made to order by nine people.",
        "Juliette Moreau, Founder",
        "Moreau",
        "French first; Hands at work",
        "No influencers; No sale prices",
        "made-to-order page; leather guide; spring collection; care booklet",
        """Lookbook and shop         | shop     | fixed    |      | 30500  | 270  | 7    | 1.5
           Social media              | social   | retainer |      | 2000   | 19   | 7    | -3""",
    ),
    _customer(
        "Kanzlei Roth Petersen | Legal | roth-petersen | Bremen | Europe/Berlin | EUR | 118 | paused"
        "| Labour law for companies; careful with every word.",
        "Dr. Hanno Petersen, Partner; Silke Roth, Partner",
        "Roth Petersen",
        "Both partners approve each text; Cite the judgment",
        "No handshakes, no scales; Nothing that reads like advice",
        "newsletter; lawyer profiles; careers page; topic page on works councils",
        """Website and careers page  | web      | hourly   |      |        | 360  | 13   | 4
           Newsletter                | content  | retainer |      | 1600   | 15   | 13.5 | 3""",
    ),
    _customer(
        "Sonnenhof Bio-Molkerei eG | Food and drink | sonnenhof-molkerei | Kempten | Europe/Berlin | EUR | 94 | active"
        "| A dairy owned by its farmers.",
        "Veronika Huber, Marketing; Xaver Fink, Sales",
        "Sonnenhof; Alpkäse 1911",
        "Cows with horns; Name the village",
        "No cartoon cows; No green leaves as a sign for organic",
        "oat and milk range; Alpkäse label; farmer portraits; recipe pages; glass return",
        """Packaging and label       | brand    | fixed    |      | 41500  | 370  | 8    | 2
           Farmer portraits          | content  | hourly   |      |        | 410  | 6    | -1
           Recipe pages              | web      | hourly   | 99   |        | 310  | 3.5  | -2""",
    ),
)  # fmt: skip
