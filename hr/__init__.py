"""Employment, attendance, leave, payroll and recruitment. Nothing lives here yet."""
