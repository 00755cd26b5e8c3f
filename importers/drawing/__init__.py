"""The program that draws thumbnails: `python -m importers.drawing MEMORY SECONDS`.

It alone loads what decodes pictures and videos, and nothing else of this project: what strangers made is decoded here,
so a picture that breaks a decoder breaks this program, and its licences stay here, too (see NOTICE). It is given open
files over the socket that is its standard input, one at a time, and gives back a line of JSON and pictures.
"""
