"""Pictures: networks as circles and lines, and plots of how they learned and what they learned."""

from symnn.teaching.pictures.diagram import Diagram, diagram_of
from symnn.teaching.pictures.plots import plot_cost, plot_hill, plot_regions, plot_weights

__all__ = ["Diagram", "diagram_of", "plot_cost", "plot_hill", "plot_regions", "plot_weights"]
