"""What the process is given: YAML to typed resources to one immutable Snapshot; imports nothing of Weir."""

from config import pure_mode

pure_mode.install()
