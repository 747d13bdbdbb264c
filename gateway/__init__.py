"""The process and its sockets: the data path, the supervisor with its workers, the admin side and the CLI."""

from config import pure_mode

pure_mode.install()
