"""When a connection is read: each gets its turn, however much its client sends."""

from uvicorn.protocols.http.flow_control import FlowControl


class Flow(FlowControl):
    """uvicorn's flow control, which does not read on while a part of what came is `unread`."""

    unread: bytes | memoryview = b""

    def resume_reading(self) -> None:
        """Called when the application has taken the body that there is."""
        if self.unread:
            self.read_paused = False
        else:
            super().resume_reading()
