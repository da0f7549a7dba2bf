"""An application that inverts a matrix of hundreds of rows, as attribution does."""

import numpy as np


def application(_environ, start_response):
    size = 600
    inverse = np.linalg.inv(np.eye(size) * 9 + np.ones((size, size)))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(inverse.shape).encode()]
