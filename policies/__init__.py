"""What happens to traffic: decisions only, with no socket and no clock of their own."""

from config import pure_mode

pure_mode.install()
