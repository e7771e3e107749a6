"""Pictures, animations and the table of a run, asked for and looked into as files."""

from __future__ import annotations

import base64
import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QRect, QSettings, QSize, Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QCursor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from app.export.encoders import FORMATS
from app.export.film import Film, Plan, choose
from app.export.forms import FilmForm, PictureChoice, PictureForm
from app.export.laying import Look, laid_out
from app.export.menu import Exports
from app.export.picture import render
from app.export.stage import Cast, cells
from app.gui import application, open_window
from app.main_window import MainWindow
from app.panels.panel import Panel
from app.theme import apply_theme, theme
from core.export import history_csv
from core.presets import PRESETS
from core.project import Project, ProjectError

EPOCHS = 24
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """A window on a run of two dozen epochs."""
    application()
    apply_theme(qapp, "light")
    settings = QSettings(str(tmp_path / "settings" / "s.ini"), QSettings.Format.IniFormat)
    window = open_window(Project(PRESETS["circle"].experiment), settings)
    window.resize(1280, 800)
    window.show()
    qtbot.waitExposed(window)
    window.session.play(until=EPOCHS)
    qtbot.waitUntil(
        lambda: window.session.state == "paused" and not any(p.busy for p in window.all_panels()), timeout=20000
    )
    yield window
    window.session.undo_stack.setClean()
    window.close()
    window.deleteLater()
    apply_theme(qapp, "light")


def panel(window: MainWindow, key: str) -> Panel:
    return window.docks.dock_of(key).panel


def array(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def largest_image(root: ElementTree.Element) -> int:
    """The pixels of the largest image in an SVG."""
    sizes = [0]
    for element in root.iter(f"{SVG}image"):
        data = base64.b64decode(element.attrib[LINK].partition(",")[2])
        with Image.open(io.BytesIO(data)) as picture:
            sizes.append(picture.width * picture.height)
    return max(sizes)


# pictures


def test_a_png_has_the_size_asked_for_and_shows_the_panel_laid_out_in_it(window: MainWindow, tmp_path: Path) -> None:
    loss = panel(window, "loss")
    render(loss, tmp_path / "wide.png", (700, 300), 2.0, words="circle, epoch 24")
    render(loss, tmp_path / "tall.png", (300, 700), 1.0)
    wide, tall = array(tmp_path / "wide.png"), array(tmp_path / "tall.png")
    assert wide.shape == (600, 1400, 3)
    assert tall.shape == (700, 300, 3)
    accent = np.array(theme().color("accent").getRgb()[:3])
    blue = np.abs(wide - accent).sum(axis=2) < 40
    assert blue.sum() > 300
    columns = np.flatnonzero(blue.any(axis=0))
    assert columns[0] < 200
    assert columns[-1] > 1100  # the curve goes across, not just across what the panel has in the window


def at_rest(window: MainWindow, qtbot: QtBot) -> QImage:
    """The window when nothing is under way any more, and what eases has come to rest."""
    for _ in range(40):
        image = window.grab().toImage()
        qtbot.wait(250)
        if not any(p.busy for p in window.all_panels()) and window.grab().toImage() == image:
            return image
    raise AssertionError("it does not come to rest")


def test_the_window_on_the_screen_stays_as_it_is(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    places = [(dock.geometry(), dock.panel.geometry()) for dock in window.docks.in_front()]
    QCursor.setPos(window.mapToGlobal(QPoint(640, 12)))  # where another test left it a button might light up
    before = at_rest(window, qtbot)
    for key in ("loss", "boundary", "network", "canvas"):
        render(panel(window, key), tmp_path / f"{key}.png", (900, 620), look=Look("dark", status=False))
    render(window, tmp_path / "window.png", (1000, 700), 1.0)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not any(p.busy for p in window.all_panels()))
    assert theme().name == "light"
    assert [(dock.geometry(), dock.panel.geometry()) for dock in window.docks.in_front()] == places
    assert at_rest(window, qtbot) == before
    assert array(tmp_path / "window.png").shape == (700, 1000, 3)


def test_colours_header_and_status_are_as_chosen(window: MainWindow, tmp_path: Path) -> None:
    loss = panel(window, "loss")
    render(loss, tmp_path / "dark.png", (400, 300), 1.0, Look("dark"))
    render(loss, tmp_path / "bare.png", (400, 300), 1.0, Look(header=False, status=False))
    assert tuple(array(tmp_path / "dark.png")[16, 200]) == (0x18, 0x1D, 0x25)
    bare = array(tmp_path / "bare.png")
    assert (bare[:4] == 255).all(axis=2).mean() > 0.9
    assert loss._status.isVisibleTo(loss)


@pytest.mark.parametrize("key", ["network", "runs", "boundary"])
def test_a_picture_in_the_other_theme_is_as_the_window_is_in_it(
    window: MainWindow, qtbot: QtBot, qapp: QApplication, tmp_path: Path, key: str
) -> None:
    """Down to the small maps in it, which are made on another thread."""
    window.docks.bring(key)
    at_rest(window, qtbot)
    render(panel(window, key), tmp_path / "asked.png", (700, 480), 1.0, Look("dark"))
    apply_theme(qapp, "dark")
    at_rest(window, qtbot)
    render(panel(window, key), tmp_path / "shown.png", (700, 480), 1.0)
    assert (np.abs(array(tmp_path / "asked.png") - array(tmp_path / "shown.png")) > 24).mean() < 1e-4


def test_an_svg_of_curves_is_lines_and_text(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "loss.svg"
    render(panel(window, "loss"), path, (640, 360), words="circle, epoch 24")
    root = ElementTree.parse(path).getroot()
    assert root.attrib["viewBox"] == "0 0 640 360"
    texts = {(element.text or "").strip() for element in root.iter(f"{SVG}text")}
    assert {"Loss", "circle, epoch 24", "epoch", "train", "test"} <= texts
    assert largest_image(root) == 0
    lines = [element.attrib["points"] for element in root.iter(f"{SVG}polyline")]
    assert sum(len(line.split()) for line in lines) >= 2 * EPOCHS
    picture = QImage(QSize(640, 360), QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.magenta)
    painter = QPainter(picture)
    QSvgRenderer(str(path)).render(painter)
    painter.end()
    assert picture.pixelColor(320, 20) == theme().color("panel")


def test_icons_in_an_svg_are_shapes_because_nobody_else_has_their_font(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "window.svg"
    render(window, path, (1200, 800))
    root = ElementTree.parse(path).getroot()
    written = "".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    assert "Learning rate" in written
    assert not [letter for letter in written if "\ue000" <= letter <= "\uf8ff"]
    assert "phosphor" not in path.read_text("utf-8").lower()


def test_what_is_scrolled_ends_in_an_svg_where_it_ends_in_the_window(window: MainWindow, tmp_path: Path) -> None:
    path, data = tmp_path / "window.svg", next(p for p in window.all_panels() if p.title == "Data")
    before = data.grab().toImage()
    render(window, path, (1200, 700))
    root = ElementTree.parse(path).getroot()
    written = {"".join(element.itertext()) for element in root.iter(f"{SVG}text")}
    assert any("to train" in text for text in written), "the status line stays as it was"
    assert "Earthquakes" not in written, "it would lie over what is below"
    assert data.grab().toImage() == before, "it paints itself again"


def test_the_words_around_a_surface_in_3d_are_text_in_an_svg(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    landscape: Any = panel(window, "landscape")
    landscape.three.setChecked(True)
    qtbot.waitUntil(lambda: not landscape.busy, timeout=20000)
    path = tmp_path / "landscape.svg"
    render(landscape, path, (800, 600))
    written = {"".join(element.itertext()) for element in ElementTree.parse(path).getroot().iter(f"{SVG}text")}
    assert {"filter-normalised direction 1", "β"} <= written, "the floor’s two edges"


def test_an_svg_of_boundary_and_network_has_images_only_of_fields(window: MainWindow, tmp_path: Path) -> None:
    for key, least in (("boundary", 200), ("network", 8)):
        path = tmp_path / f"{key}.svg"
        render(panel(window, key), path, (640, 480))
        root = ElementTree.parse(path).getroot()
        assert len(list(root.iter(f"{SVG}path"))) >= least  # every point, every width of edge
        assert sum(1 for _ in root.iter(f"{SVG}image")) <= 12
    assert largest_image(root) <= 128 * 128  # a neuron's map


def test_a_table_that_fits_in_the_picture_has_no_bar_to_scroll_it(window: MainWindow, qtbot: QtBot) -> None:
    hand = panel(window, "by_hand")
    window.docks.toggle_maximised(window.docks.dock_of("by_hand"))
    hand.go_to(len(hand.phases) - 2)
    table = hand.parts.table

    def bar() -> tuple[bool, bool]:
        one = table.horizontalScrollBar()
        return one.maximum() > 0, one.isVisible()

    qtbot.waitUntil(lambda: bar() == (True, True))
    with laid_out(hand, QSize(940, 720), Look(), ""):
        assert bar() == (False, False)
    assert bar() == (True, True)


def test_what_cannot_be_written_is_one_sentence(window: MainWindow, tmp_path: Path) -> None:
    loss = panel(window, "loss")
    with pytest.raises(ProjectError, match=r"^[^\n]*it cannot be written: there is no such file or folder\.$"):
        render(loss, tmp_path / "nowhere" / "loss.png", (400, 300))
    with pytest.raises(ValueError, match="1 to 16384 pixels"):
        render(loss, tmp_path / "loss.png", (9000, 300))
    with pytest.raises(ValueError, match=r"\.png or \.svg"):
        render(loss, tmp_path / "loss.bmp", (400, 300))
    assert not list(tmp_path.glob("loss*"))


# forms and menus


def texts(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def test_the_menus_lead_to_a_file(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports = Exports(window)
    menu = exports.menu()
    pictures = menu.actions()[0].menu()
    assert isinstance(pictures, QMenu)
    assert len(texts(pictures)) == 1 + len(window.docks.all())
    loss = panel(window, "loss")
    corner = QPoint(4, 4)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, corner, loss.header.mapToGlobal(corner))
    QApplication.sendEvent(loss.header, event)
    (popup,) = loss.header.findChildren(QMenu)
    assert texts(popup) == ["Save picture…"]
    popup.actions()[0].trigger()
    popup.close()
    form = window.findChild(PictureForm)
    assert form is not None
    assert form.size_chosen == (loss.width(), loss.height() + loss.header.height())
    qtbot.mouseClick(form.format.chip("SVG"), Qt.MouseButton.LeftButton)
    assert "text stays text" in form.note.text()
    form.width_field.setFocus()
    form.width_field.selectAll()
    qtbot.keyClicks(form.width_field, "500")
    qtbot.keyClick(form.width_field, Qt.Key.Key_Return)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    qtbot.mouseClick(form.save, Qt.MouseButton.LeftButton)
    root = ElementTree.parse(tmp_path / "mine.svg").getroot()
    assert root.attrib["viewBox"].startswith("0 0 500 ")
    assert str(tmp_path / "mine.svg") in window.message.text


def test_what_was_said_of_a_picture_is_not_in_the_next_one(window: MainWindow, tmp_path: Path) -> None:
    exports = Exports(window)
    exports.picture = PictureChoice(scale=1.0)
    for name in ("first", "second"):
        exports.save_picture(window, tmp_path / f"{name}.svg", (1200, 800))
    assert "second.svg" in window.message.text
    assert "The picture is in" not in (tmp_path / "second.svg").read_text("utf-8")


def test_a_plots_own_menu_asks_for_the_same_picture(window: MainWindow, qtbot: QtBot) -> None:
    Exports(window)
    loss = panel(window, "loss")
    action = next(a for a in loss.plot.menu().actions() if a.text() == "Save picture…")  # type: ignore[attr-defined]
    assert isinstance(action, QAction)
    with qtbot.waitSignal(loss.picture_requested):
        action.trigger()
    form = window.findChild(PictureForm)
    assert form is not None
    form.close()


def test_the_history_is_written_with_the_runs_kept(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    exports, path = Exports(window), tmp_path / "history.csv"
    window.session.reset()
    window.session.play(until=3)
    qtbot.waitUntil(lambda: len(window.session.runs) == 1 and window.session.snapshot.epoch == 3, timeout=10000)
    qtbot.waitUntil(lambda: window.session.state == "paused")
    exports.save_history(path)
    qtbot.waitUntil(lambda: "of 2 runs" in window.message.text, timeout=10000)
    newest = window.session.past.newest
    assert newest is not None
    assert path.read_bytes().decode() == history_csv([("Run 1", window.session.runs[0].snapshot), ("present", newest)])
    exports.save_history(tmp_path / "nowhere" / "history.csv")
    qtbot.waitUntil(lambda: "cannot be written" in window.message.text)
    assert window.message.kind == "bad"


# animations


def moments(window: MainWindow) -> list:
    newest = window.session.past.newest
    assert newest is not None
    return newest.history.moments()


def casts(window: MainWindow, *keys: str) -> list[Cast]:
    docks = [window.docks.dock_of(key) for key in keys]
    return [Cast(dock.entry, dock.panel) for dock in docks]


def test_moments_are_spread_evenly_and_all_different(window: MainWindow) -> None:
    every = moments(window)
    assert [m.epoch for m in choose(every, 0, EPOCHS, 5)] == [0, 6, 12, 18, 24]
    assert [m.epoch for m in choose(every, 4, 8, 100)] == [4, 5, 6, 7, 8]
    assert choose(every, 30, 40, 5) == []


def test_panels_share_the_picture() -> None:
    assert cells(QSize(1000, 400), (3.0, 1.0), 8) == [QRect(0, 0, 744, 400), QRect(752, 0, 248, 400)]
    grid = cells(QSize(1000, 400), (1.0,) * 5, 10)
    assert [cell.top() for cell in grid] == [0, 0, 0, 205, 205]
    assert {cell.right() for cell in grid} >= {999}
    assert all(not a.intersects(b) for a in grid for b in grid if a is not b)


def test_a_gif_shows_the_run_at_each_moment_while_the_window_stays(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    panel(window, "loss").log.click()  # type: ignore[attr-defined]
    shown, path = window.session.snapshot, tmp_path / "run.gif"
    plan = Plan(choose(moments(window), 0, EPOCHS, 6), 10, (640, 240))
    film = Film(window.session, casts(window, "boundary", "loss"), plan, path, window)
    assert film._stage.panels[1].log.isChecked() is panel(window, "loss").log.isChecked()  # type: ignore[attr-defined]
    told: list[tuple[int, int]] = []
    film.progressed.connect(lambda done, total: told.append((done, total)))
    with qtbot.waitSignal(film.finished, timeout=30000):
        pass
    assert told == [(done, 6) for done in range(1, 7)]
    assert window.session.snapshot is shown
    assert window.session.looking is None
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"]) == (6, (640, 240), 100)
        frames = []
        for index in range(6):
            gif.seek(index)
            frames.append(np.asarray(gif.convert("RGB")).astype(int))
    for before, after in pairwise(frames):
        left, right = np.abs(after - before)[:, :320], np.abs(after - before)[:, 320:]
        assert (left.sum(axis=2) > 60).mean() > 0.001  # the boundary has moved
        assert (right.sum(axis=2) > 60).sum() > 20  # and so has the mark on the curve


def test_cancelling_leaves_nothing(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    exports = Exports(window)
    exports.animation.panels, exports.animation.size = ("loss",), (320, 240)
    path = tmp_path / "out" / "run.gif"
    path.parent.mkdir()
    exports.save_animation(path, moments(window))
    film = exports.film
    assert film is not None
    with qtbot.waitSignal(film.progressed):
        pass
    assert re.match(r"Animation run\.gif: .*frame 1 of 25$", exports.progress.text)
    qtbot.mouseClick(exports.progress.cancel, Qt.MouseButton.LeftButton)
    assert exports.film is None
    assert exports.progress.isHidden()
    assert "nothing was written" in window.message.text
    assert list(path.parent.iterdir()) == []


def test_an_animation_that_has_nowhere_to_go_is_refused_at_once(window: MainWindow, tmp_path: Path) -> None:
    exports = Exports(window)
    exports.save_animation(tmp_path / "nowhere" / "run.gif", moments(window))
    assert exports.film is None
    assert window.message.kind == "bad"
    assert "There is no folder" in window.message.text


def test_the_form_says_what_will_come_of_it(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.export.encoders.find_spec", lambda name: None if name == "av" else object())
    form = Exports(window).ask_animation()
    assert isinstance(form, FilmForm)
    assert form.note.text().startswith("25 frames of 25 moments kept, 2.5 s.")
    assert 'pip install "learnscape[video]"' in form.note.text()
    assert not form.format.chip("MP4").isEnabled()
    assert form.format.chip("GIF").isEnabled()
    for box in form.panels.values():
        box.setChecked(False)
    assert not form.save.isEnabled()
    form.close()


def test_nothing_trained_is_nothing_to_animate(window: MainWindow, qtbot: QtBot) -> None:
    window.session.reset()
    qtbot.waitUntil(lambda: window.session.snapshot.step == 0)
    assert Exports(window).ask_animation() is None
    assert window.message.text.startswith("Train first")


def test_an_mp4_has_every_frame() -> None:
    av = pytest.importorskip("av")
    frames = [np.full((101, 203, 3), 40 * k, np.uint8) for k in range(5)]
    with av.open(io.BytesIO(FORMATS["MP4"].encode(iter(frames), 10.0))) as film:
        stream = film.streams.video[0]
        seen = [frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]
        assert float(stream.average_rate) == 10.0
    assert [round(frame.mean() / 40) for frame in seen] == [0, 1, 2, 3, 4]
    assert seen[0].shape == (100, 202, 3)
