"""What `make run` serves: the WSGI application, in a worker process that doesn't outlive its server.

granian ends its worker when it is asked to stop; if it is killed instead, the worker would stay and hold the port.
"""

import os
import signal

from scripts.house import die_with_parent

die_with_parent(os.getppid(), signal.SIGKILL)

from hyperflow.wsgi import application  # noqa: E402  # after the line above, loading takes seconds

__all__ = ["application"]
