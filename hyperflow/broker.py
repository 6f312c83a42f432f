"""Redis as Celery's broker, made so that workers outlive its loss. Loaded with the first connection to a broker."""

from typing import Any

from kombu.transport import redis


class Channel(redis.Channel):
    """Fails with an error of the connection where the connection was given up.

    kombu 5.7.0 fails there with an `AttributeError`, which Celery takes for a bug: a worker with a message that is
    not acknowledged when the broker goes would end instead of waiting for the broker.
    """

    #: A message only wakes: the job table knows what is due, so nothing is put back when a worker stops.
    do_restore = False

    def _connparams(self, *arguments: Any, **options: Any) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionError("The connection to the broker was given up.")
        return super()._connparams(*arguments, **options)  # type: ignore[misc]  # the stubs leave it out


class Transport(redis.Transport):
    Channel = Channel
