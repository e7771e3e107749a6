"""Dresses an application: Fusion, a palette and a style sheet, all made from the tokens."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.theme import tokens
from app.theme.current import Theme
from app.theme.fonts import font

_ROLES: dict[QPalette.ColorRole, str] = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "panel",
    QPalette.ColorRole.AlternateBase: "raised",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "on_accent",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.PlaceholderText: "muted",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Light: "raised",
    QPalette.ColorRole.Midlight: "raised",
    QPalette.ColorRole.Mid: "hairline",
    QPalette.ColorRole.Dark: "hairline",
    QPalette.ColorRole.Shadow: "hairline",
}
_DRESSED = "dressed"
_TEXT_ROLES = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)

# {name} is a token's colour, {4px} a length in design pixels.
_SHEET = """
QMainWindow, QDialog { background: {window}; }
QMainWindow::separator { background: {window}; width: {8px}; height: {8px}; }
QMainWindow::separator:hover { background: {hairline}; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: {hairline}; }
QScrollArea, QScrollArea > QWidget > QWidget { background: transparent; border: none; }
QToolTip {
    background: {raised}; color: {text}; border: 1px solid {hairline}; padding: {4px} {8px};
}
QMenu { background: {panel}; border: 1px solid {hairline}; padding: {4px}; }
QMenu::item { padding: {6px} {24px} {6px} {12px}; border-radius: {4px}; color: {text}; }
QMenu::item:selected { background: {raised}; }
QMenu::item:disabled { color: {muted}; }
QMenu::separator { height: 1px; background: {hairline}; margin: {4px} {8px}; }
QMenu::icon { padding-left: {8px}; }
QMenuBar { background: {panel}; color: {text}; }
QMenuBar::item { padding: {4px} {8px}; border-radius: {4px}; background: transparent; }
QMenuBar::item:selected { background: {raised}; }
QStatusBar { background: {panel}; color: {muted}; }
QStatusBar::item { border: none; }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox {
    background: {raised}; color: {text}; border: {2px} solid {raised}; border-radius: {6px};
    selection-background-color: {accent}; selection-color: {on_accent};
}
QLineEdit, QAbstractSpinBox { min-height: {24px}; padding: 0 {6px}; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus { border-color: {accent}; }
QLineEdit:disabled { color: {muted}; }
QLineEdit[flat="true"] { background: transparent; border-color: transparent; padding: 0; min-height: {18px}; }
QLineEdit[flat="true"]:hover { background: {raised}; }
QLineEdit[flat="true"]:focus { background: {raised}; border-color: {accent}; }
QLineEdit[flat="true"]:read-only { background: transparent; border-color: transparent; }
ValueField {
    background: transparent; border: 1px solid transparent; border-radius: {4px};
    min-height: {18px}; padding: 0;
}
ValueField:hover { background: {raised}; }
ValueField:focus { background: {raised}; border-color: {accent}; }
Stepper ValueField, Stepper ValueField:focus, Stepper ValueField:hover {
    background: transparent; border-color: transparent;
}
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView { border: 1px solid {hairline}; padding: {4px}; }
QTextBrowser { background: {panel}; border: none; }
QPushButton {
    background: {raised}; color: {text}; border: {2px} solid {raised}; border-radius: {6px};
    min-height: {24px}; padding: 0 {12px};
}
QPushButton:hover { background: {hairline}; border-color: {hairline}; }
QPushButton:pressed { background: {raised}; }
QPushButton:focus { border-color: {accent}; }
QPushButton:disabled { color: {muted}; }
QPushButton:default, QPushButton[primary="true"] {
    background: {accent}; border-color: {accent}; color: {on_accent};
}
QPushButton[primary="true"] { font-weight: 600; }
QPushButton[primary="true"]:hover { background: {accent}; }
QPushButton[primary="true"]:focus { border-color: {text}; }
QCheckBox, QRadioButton { color: {text}; spacing: {8px}; min-height: {24px}; }
QCheckBox:disabled, QRadioButton:disabled { color: {muted}; }
QCheckBox::indicator, QRadioButton::indicator {
    width: {12px}; height: {12px}; border: {2px} solid {muted}; background: {panel};
}
QCheckBox::indicator { border-radius: {4px}; }
QRadioButton::indicator { border-radius: {8px}; }
QCheckBox::indicator:checked, QRadioButton::indicator:checked { background: {accent}; border-color: {accent}; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: {accent}; }
QTabBar { background: transparent; }
QTabBar::tab {
    background: transparent; color: {muted}; border: none; border-bottom: {2px} solid transparent;
    padding: {4px} {12px}; min-height: {20px};
}
QTabBar::tab:selected { color: {text}; border-bottom-color: {accent}; }
QTabBar::tab:hover { color: {text}; }
QTabBar::tab:focus { color: {accent}; }
QTabWidget::pane { border: none; }
QAbstractItemView {
    background: {panel}; color: {text}; border: none; outline: none;
    selection-background-color: {raised}; selection-color: {text};
}
QAbstractItemView::item { min-height: {26px}; padding: 0 {6px}; border-radius: {4px}; }
QAbstractItemView::item:selected, QAbstractItemView::item:hover { background: {raised}; color: {text}; }
QAbstractItemView::item:disabled { background: {panel}; color: {muted}; font-style: italic; }
QHeaderView::section {
    background: {panel}; color: {muted}; border: none; border-bottom: 1px solid {hairline}; padding: {4px} {8px};
}
QTableView { gridline-color: {hairline}; }
QScrollBar:vertical { background: transparent; width: {10px}; margin: 0; }
QScrollBar:horizontal { background: transparent; height: {10px}; margin: 0; }
QScrollBar::handle { background: {hairline}; border-radius: {3px}; margin: {2px}; }
QScrollBar::handle:vertical { min-height: {28px}; }
QScrollBar::handle:horizontal { min-width: {28px}; }
QScrollBar::handle:hover { background: {muted}; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QProgressBar {
    background: {raised}; border: none; border-radius: {3px}; max-height: {6px}; text-align: center; color: transparent;
}
QProgressBar::chunk { background: {accent}; border-radius: {3px}; }
"""


def palette(look: Theme) -> QPalette:
    """The Qt palette of a theme, its disabled text faded."""
    made = QPalette()
    for role, token in _ROLES.items():
        made.setColor(role, look.color(token))
    for role in _TEXT_ROLES:
        made.setColor(QPalette.ColorGroup.Disabled, role, look.mix("muted", "panel", 0.6))
    return made


def sheet(look: Theme) -> str:
    """The style sheet of a theme."""
    inks = "".join(f'QLabel[ink="{token}"] {{ color: {{{token}}}; }}\n' for token in tokens.PALETTES[look.name])
    text = inks + _SHEET
    for token in tokens.PALETTES[look.name]:
        text = text.replace("{" + token + "}", look.color(token).name(QColor.NameFormat.HexRgb))
    for n in range(2, 33):
        text = text.replace(f"{{{n}px}}", f"{look.px(n)}px")
    return text


def dress(app: QApplication, look: Theme) -> None:
    """Give ``app`` the style, palette, font and style sheet of a theme."""
    # Under a style sheet the style no longer tells its name, and setting it anew is slow.
    if app.property(_DRESSED) is None:
        app.setStyle("Fusion")
        app.setProperty(_DRESSED, True)
    app.setPalette(palette(look))
    app.setFont(font())
    app.setStyleSheet(sheet(look))
