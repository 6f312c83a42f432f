"""Documents for clients as they leave the house: the printed page, and the data that machines read."""
