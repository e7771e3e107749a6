"""The parts of a plot: thinning, ticks, ranges, labels and painting; CurvePlot puts them together."""
