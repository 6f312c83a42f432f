"""What a month of work is worth: pure computation in `Decimal` that reads and writes nothing."""
