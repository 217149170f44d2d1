"""Pictures: networks as circles and lines, and plots of how they learned and what they learned."""

from symnn.teaching.pictures.diagram import Diagram, diagram_of

__all__ = ["Diagram", "diagram_of"]
