"""An invented agency for a first look: people, clients, projects and fourteen months of work that end today."""
