"""What this server takes below /import, as JSON Schema 2020-12 made of the shapes that judge the items."""
