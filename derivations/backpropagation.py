"""Backpropagation for any number of layers: the four fundamental equations (Nielsen, chapter 2).

Layer l is derived from the adjoint of the layer after it, with an undefined activation f and an
undefined cost C; the output layer from the cost. Nothing is typed in.
"""

from symnn.networks import general_network


def main() -> None:
    print(general_network("f", "C").write())
    print(general_network("sigmoid", "quadratic").write(batch=True))
    print(general_network(["relu", "softmax"], "cross_entropy").write())


if __name__ == "__main__":
    main()
