"""The network as a picture one can edit: columns of neurons, the edges between them, their controls."""
