"""Answering a question, on the probe thread: compute, write out, typeset."""

from __future__ import annotations

import numpy as np

from app import formulas
from app.by_hand.answer import Answer, Floats, Question
from app.by_hand.script import board
from app.by_hand.sheets import sheet
from core.data.features import title_of
from core.probes.explain import activation_curve, explain
from core.probes.update import Update, trained, upcoming, update


def answer(question: Question) -> Answer:
    """Compute and write out a question; typesets what is new, so that drawing it need not wait."""
    model = question.model
    x = model.inputs(question.raw[None])[0]
    target = model.targets(np.array([question.y]))[0]
    explained = explain(model, question.theta, x, target)
    titles = tuple(title_of(name) for name in model.prepared.features)
    bare = Answer(question, explained, _step(question, x, target), titles)
    written = board(bare, question.phase, question.focus)
    formulas.prepare(written.formulas())
    curves = [(line.curve, max(6.0, 1.25 * abs(line.at))) for line in written.lines if line.curve]
    numbers = sheet(bare, question.phase, question.focus)
    curve = activation_curve(*curves[0]) if curves else None
    return Answer(question, explained, bare.update, titles, written, numbers, curve)


def _step(question: Question, x: Floats, target: Floats) -> Update | None:
    model, clock = question.model, question.clock
    if question.scope == "sample":
        return update(model, question.theta, x, target, [question.index], clock)
    samples = upcoming(model, clock) if question.scope == "batch" else trained(model)
    if not len(samples):
        return None
    points = model.experiment.data.points
    inputs, targets = model.inputs(points.x[samples]), model.targets(points.y[samples])
    return update(model, question.theta, inputs, targets, samples, clock)
