"""Models, analyses, insights and the assistant. Nothing lives here yet."""
