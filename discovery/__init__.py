"""Who can answer: endpoints, their health and the choice among them; knows keys as bytes, never HTTP."""

from config import pure_mode

pure_mode.install()
