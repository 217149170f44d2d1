"""Plots by matplotlib: how a network learned, what it learned, and the hill that its cost is."""

from symnn.teaching.pictures.plots.cost import plot_cost
from symnn.teaching.pictures.plots.hill import Hill, hill_of
from symnn.teaching.pictures.plots.hill_drawing import animate_hill, draw_hill, plot_hill
from symnn.teaching.pictures.plots.landscape import Descent, Entry, Landscape, descend
from symnn.teaching.pictures.plots.rates import plot_rates
from symnn.teaching.pictures.plots.regions import plot_regions
from symnn.teaching.pictures.plots.weights import plot_weights

__all__ = [
    "Descent",
    "Entry",
    "Hill",
    "Landscape",
    "animate_hill",
    "descend",
    "draw_hill",
    "hill_of",
    "plot_cost",
    "plot_hill",
    "plot_rates",
    "plot_regions",
    "plot_weights",
]
