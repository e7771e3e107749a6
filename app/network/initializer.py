"""The number an initialiser may have: its limit, its deviation."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.theme import theme, theme_events, tokens
from app.widgets.label import Label
from app.widgets.value_field import ValueField
from core.tables import Setting


class InitializerSetting(QWidget):
    """A setting's name and its value to type; not there for an initialiser without one."""

    typed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self.label = Label("", 11, token="muted")
        self.field = ValueField(0.0, size=11)
        self.field.typed.connect(self.typed)
        self.label.setBuddy(self.field)
        self.setFocusProxy(self.field)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.label)
        self._row.addWidget(self.field)
        theme_events().changed.connect(self._dress)
        self._dress()

    def show_setting(self, setting: Setting | None, values: Mapping[str, float]) -> None:
        """Show a setting with its value in ``values``, or its default; nothing for None."""
        if setting is not None:
            self.label.setText(setting.title)
            self.field.minimum, self.field.maximum = setting.low, setting.high
            self.field.set_value(values.get(setting.name, setting.default))
            self.field.setAccessibleName(f"{setting.title} of the initial weights")
            self.setToolTip(f"{setting.title}: {setting.help}")
        self.setVisible(setting is not None)

    def _dress(self) -> None:
        self._row.setSpacing(theme().px(tokens.GRID))
