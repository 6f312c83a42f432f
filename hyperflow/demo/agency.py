"""Who works at the invented agency. Every name and address is made up; `.example` reaches nobody."""

from dataclasses import dataclass
from decimal import Decimal

DOMAIN = "hyperflow.example"

ACCOUNTS, DESIGN, DEVELOPMENT, MARKETING, OPERATIONS = (
    "Accounts & strategy", "Design", "Development", "Marketing & content", "Operations",
)  # fmt: skip
DEPARTMENTS = (ACCOUNTS, DESIGN, DEVELOPMENT, MARKETING, OPERATIONS)

#: Four long days; the others follow the default calendar.
SHORT_WEEK = "Monday to Thursday, 9 to 18"


@dataclass(frozen=True)
class Colleague:
    """``crafts`` are the kinds of work that tasks are given to this person for."""

    name: str
    login: str
    role: str
    department: str
    job_title: str
    zone: str
    rate: Decimal | None
    crafts: tuple[str, ...]
    short_week: bool = False

    @property
    def email(self) -> str:
        return f"{self.login}@{DOMAIN}"


def _one(line: str) -> Colleague:
    name, login, role, department, title, zone, rate, crafts = (part.strip() for part in line.split("|"))
    return Colleague(
        name=name,
        login=login,
        role=role,
        department=dict(zip("ADVMO", DEPARTMENTS, strict=True))[department],
        job_title=title,
        zone=f"Europe/{zone}",
        rate=Decimal(rate) if rate else None,
        crafts=tuple(crafts.rstrip("*").split()),
        short_week=crafts.endswith("*"),
    )


COLLEAGUES = tuple(
    map(
        _one,
        (
            "Henrike Aalto | admin | admin | O | Managing director | Berlin | 150 | strategy",
            "Jonas Falk | manager | manager | A | Head of client services | Berlin | 130 | strategy account",
            "Mira Osei | employee | employee | V | Front-end developer | Berlin | 95 | frontend shop quality",
            "Petra Lindqvist | hr | hr | O | People and culture lead | Stockholm | | people",
            "Tomasz Wrona | finance | finance | O | Financial controller | Warsaw | | money",
            "Sofia Marques | marketing | marketing | M | Growth marketing lead | Lisbon | 105 | ads social strategy",
            "Daniel Okafor | daniel.okafor | manager | A | Account manager | London | 92 | account",
            "Leon Brandt | leon.brandt | employee | D | Art director | Berlin | 110 | brand design",
            "Aiko Tanabe | aiko.tanabe | employee | D | UX designer | Berlin | 98 | ux design",
            "Lucía Prieto | lucia.prieto | employee | D | Motion designer | Madrid | 86 | motion design*",
            "Rasmus Holm | rasmus.holm | employee | V | Back-end developer | Copenhagen | 105 | backend shop",
            "Viktor Hahn | viktor.hahn | employee | V | Quality and operations | Berlin | 99 | quality backend",
            "Carla Benedetti | carla.benedetti | employee | M | Content strategist | Rome | 88 | copy social",
            "Ines Weiland | ines.weiland | employee | M | Search and analytics | Berlin | 90 | seo ads",
        ),
    )
)

ADMIN, MANAGER, ACCOUNT_MANAGER = (f"{login}@{DOMAIN}" for login in ("admin", "manager", "daniel.okafor"))
PORTAL = f"client@{DOMAIN}"
#: One account a role, which may sign in with the demo password.
SIGN_IN = tuple(
    f"{login}@{DOMAIN}" for login in ("admin", "manager", "employee", "hr", "finance", "marketing", "client")
)
