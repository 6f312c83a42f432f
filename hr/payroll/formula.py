"""Formulas of pay components: a small language of its own, read by a parser of its own, with nothing else in reach.

    0.05 * basic + if(unpaid_days > 2, 0, 50)
    min(gross * 8 / 100, 250)

Numbers, the names that the caller lists, ``+ - * /``, comparisons (``< <= > >= = !=``, which give 1 or 0),
parentheses, and ``min``, ``max``, ``round(value, digits)``, ``if(condition, then, else)``.
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

from django.utils.translation import gettext as _

LONGEST = 500
DEEPEST = 40
#: Results beyond this are a mistake, not pay.
LARGEST = Decimal(10) ** 15

_CONTEXT = Context(prec=40, Emax=999, Emin=-999, traps=[InvalidOperation, DivisionByZero, Overflow])
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,15}(?:\.[0-9]{1,12})?)|(?P<name>[a-z_]{1,40})|(?P<sign><=|>=|!=|[-+*/(),<>=]))"
)
_COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
#: Functions with the least and the most arguments they take.
_FUNCTIONS = {"min": (1, 20), "max": (1, 20), "round": (1, 2), "if": (3, 3)}

Values = Mapping[str, Decimal]
Node = Callable[[Values], Decimal]


class FormulaError(ValueError):
    """The formula cannot be read, or gives no amount; the message says where and why."""


@dataclass(frozen=True)
class Formula:
    """A formula that was read once and can be worked out for many people."""

    text: str
    _node: Node

    def value(self, values: Values) -> Decimal:
        """The amount for these values. Raises `FormulaError` where there is none (a division by nothing)."""
        try:
            with localcontext(_CONTEXT):
                found = self._node(values)
        except DivisionByZero as error:
            raise FormulaError(_("It divides by zero.")) from error
        except (InvalidOperation, Overflow) as error:
            raise FormulaError(_("It cannot be worked out.")) from error
        if abs(found) > LARGEST:
            raise FormulaError(_("Its result is too large."))
        return found


def parse(text: str, names: Collection[str]) -> Formula:
    """Read a formula over these names. Raises `FormulaError`."""
    if len(text) > LONGEST:
        raise FormulaError(_("A formula has at most %(most)d characters.") % {"most": LONGEST})
    return Formula(text, _Parser(text, names).whole())


class _Parser:
    """Recursive descent; each method reads one level of precedence and gives a function of the values."""

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.names = names
        self.tokens = list(_tokens(text))
        self.place = 0
        self.depth = 0

    def whole(self) -> Node:
        if not self.tokens:
            raise FormulaError(_("Write a formula."))
        node = self.comparison()
        if self.place < len(self.tokens):
            raise FormulaError(_("“%(token)s” is not expected there.") % {"token": self.tokens[self.place][1]})
        return node

    def comparison(self) -> Node:
        left = self.sum()
        sign = self.take(*_COMPARISONS)
        if sign is None:
            return left
        right, compare = self.sum(), _COMPARISONS[sign]
        return lambda values: Decimal(int(compare(left(values), right(values))))

    def sum(self) -> Node:
        node = self.product()
        while sign := self.take("+", "-"):
            node = _both(operator.add if sign == "+" else operator.sub, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.take("*", "/"):
            node = _both(operator.mul if sign == "*" else operator.truediv, node, self.signed())
        return node

    def signed(self) -> Node:
        if not self.take("-"):
            return self.atom()
        self.go_deeper()
        node = self.signed()
        self.depth -= 1
        return lambda values: -node(values)

    def atom(self) -> Node:
        kind, token = self.next()
        if kind == "number":
            number = Decimal(token)
            return lambda values: number
        if kind == "name" and token in _FUNCTIONS:
            return self.function(token)
        if kind == "name":
            if token not in self.names:
                known = ", ".join(sorted(self.names))
                raise FormulaError(_("There is no “%(name)s”. Known are: %(known)s.") % {"name": token, "known": known})
            return lambda values: values[token]
        if (kind, token) != ("sign", "("):
            raise FormulaError(_("“%(token)s” is not expected there.") % {"token": token})
        return self.inside()

    def inside(self) -> Node:
        self.go_deeper()
        node = self.comparison()
        self.expect(")")
        self.depth -= 1
        return node

    def function(self, name: str) -> Node:
        self.expect("(")
        self.go_deeper()
        given = [self.comparison()]
        while self.take(","):
            given.append(self.comparison())
        self.expect(")")
        self.depth -= 1
        least, most = _FUNCTIONS[name]
        if not least <= len(given) <= most:
            raise FormulaError(_("“%(name)s” takes another number of values.") % {"name": name})
        return _call(name, given)

    def take(self, *signs: str) -> str | None:
        if self.place < len(self.tokens) and self.tokens[self.place][0] == "sign":
            token = self.tokens[self.place][1]
            if token in signs:
                self.place += 1
                return token
        return None

    def next(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise FormulaError(_("The formula ends too early."))
        self.place += 1
        return self.tokens[self.place - 1]

    def expect(self, sign: str) -> None:
        if not self.take(sign):
            raise FormulaError(_("A “%(sign)s” is missing.") % {"sign": sign})

    def go_deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError(_("The formula is nested too deeply."))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise FormulaError(_("“%(text)s” cannot be read.") % {"text": text[place : place + 20].strip()})
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def _both(operate: Callable[[Decimal, Decimal], Decimal], left: Node, right: Node) -> Node:
    return lambda values: operate(left(values), right(values))


def _call(name: str, given: list[Node]) -> Node:
    if name == "if":
        condition, then, otherwise = given
        return lambda values: then(values) if condition(values) else otherwise(values)
    if name == "round":
        return lambda values: _round(*(node(values) for node in given))
    choose = min if name == "min" else max
    return lambda values: choose(node(values) for node in given)


def _round(value: Decimal, digits: Decimal = Decimal(0)) -> Decimal:
    if digits != int(digits) or not 0 <= digits <= 6:
        raise FormulaError(_("Amounts are rounded to 0 to 6 digits."))
    return value.quantize(Decimal(1).scaleb(-int(digits)), rounding=ROUND_HALF_UP)
