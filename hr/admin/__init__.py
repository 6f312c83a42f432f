"""See the parts: each stands in a module of its own."""

from hr.admin import attendance, employment, leave, payroll, recruitment

__all__ = ["attendance", "employment", "leave", "payroll", "recruitment"]
