"""A call that goes out, made by a thread that waits or by asyncio.

Python runs signal handlers on its main thread only. There a call is an operation of the library, and Python waits for its
descriptor: Ctrl-C, and whatever else a handler raises, ends the wait and with it the operation. So no callback of the
program runs on the main thread either. Other threads make the call directly.
"""
import asyncio
import atexit
import ctypes
import os
import select
import threading
import time
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypedDict, TypeVar, overload

from ._callback import INTERRUPT, guarded, keep, kept
from ._errors import check, result_of
from ._handle import LIVE, Handle, invoke, settle
from ._types import Reference

S = TypeVar("S")
P = ParamSpec("P")
T = TypeVar("T")


class Cancel(Handle):
    """Stops calls from another thread: they raise OAuthError with Status.CANCELLED."""

    _free = "oauth_cancel_free"

    def __init__(self) -> None:
        super().__init__(invoke("oauth_cancel_new"))

    def trigger(self) -> None:
        invoke("oauth_cancel_trigger", self)


class Options(TypedDict, total=False):
    """Keyword arguments of each call that goes out; the names are those of oauth_request_options_set_…"""

    timeout_ms: int
    deadline_ms: int
    headers: list[tuple[str, str]]
    cancel: Cancel
    retry_policy: tuple[int, int, bool]
    min_validity_s: int


stopped = Cancel()


def stop() -> None:
    """Before Python ends: a thread of the library that calls Python later would abort the process. So all calls end here, and
    all handles, until the library has let go of each function of the program."""
    if not kept:
        return
    stopped.trigger()
    for reference in LIVE.valuerefs():
        if handle := reference():
            handle.close()
    limit = time.monotonic() + 2
    while kept and time.monotonic() < limit:
        time.sleep(0.005)


def begin_anew() -> None:
    global stopped
    stopped = Cancel()


atexit.register(stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=begin_anew)


class RequestOptions(Handle):
    _free = "oauth_request_options_free"
    lists = {"headers": "add_header"}

    def __init__(self, options: Options, interrupt: Callable[[], bool] | None = None) -> None:
        super().__init__(invoke("oauth_request_options_new"))
        if interrupt is not None:
            invoke("oauth_request_options_set_interrupt", self, *keep(guarded(INTERRUPT, interrupt, True)))
        if "cancel" not in options:
            invoke("oauth_request_options_set_cancel", self, stopped)
        settle(self, "oauth_request_options", Options, options, self.lists)


class Operation(Handle):
    _free = "oauth_operation_free"

    def wait(self) -> None:
        descriptor: int = invoke("oauth_operation_descriptor", self)
        if descriptor < 0:  # none is left
            done = threading.Event()
            while not invoke("oauth_operation_done", self):
                done.wait(0.01)
        elif hasattr(select, "poll"):
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            poll.poll()
        else:
            select.select([descriptor], [], [])

    async def done(self) -> None:
        descriptor: int = invoke("oauth_operation_descriptor", self)
        if descriptor < 0:
            while not invoke("oauth_operation_done", self):
                await asyncio.sleep(0.01)
            return
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(descriptor, done.set)
        try:
            await done.wait()
        finally:
            loop.remove_reader(descriptor)


class Call(Generic[T]):
    """A function of the library that has a twin with _start, and what becomes of its result."""

    def __init__(self, name: str, *arguments: Any, options: Options, getter: str, make: Callable[[Reference], T]) -> None:
        self.name, self.arguments, self.getter, self.make = name, arguments, getter, make
        self.options = RequestOptions(options)

    def run(self) -> T:
        if threading.current_thread() is not threading.main_thread():
            return self.made(self.name, *self.arguments, self.options)
        with self.start() as operation:
            operation.wait()
            return self.made(self.getter, operation)

    async def run_async(self) -> T:
        with self.start() as operation:
            await operation.done()
            return self.made(self.getter, operation)

    def start(self) -> Operation:
        return Operation(result_of(f"{self.name}_start", *self.arguments, self.options))

    def made(self, name: str, *arguments: Any) -> T:
        return self.make(result_of(name, *arguments))


class Deed(Call[None]):
    """A call without a result."""

    def __init__(self, name: str, *arguments: Any, options: Options) -> None:
        super().__init__(name, *arguments, options=options, getter="oauth_operation_result", make=lambda _: None)

    def made(self, name: str, *arguments: Any) -> None:
        check(name, *arguments)


class Blocking(Call[T]):
    """A function without such a twin. It has a thread of its own where its caller may not be held up."""

    def __init__(self, function: Callable[[RequestOptions], T], options: Options) -> None:
        self.left = threading.Event()
        self.options = RequestOptions(options, self.left.is_set)
        self.function = function

    def run(self) -> T:
        if threading.current_thread() is not threading.main_thread():
            return self.function(self.options)
        outcome: list[tuple[bool, Any]] = []
        thread = threading.Thread(target=lambda: outcome.append(self.attempt()))
        thread.start()
        try:
            thread.join()
        except BaseException:
            self.left.set()
            thread.join()
            raise
        return self.settled(outcome[0])

    async def run_async(self) -> T:
        future = asyncio.get_running_loop().run_in_executor(None, self.attempt)
        try:
            return self.settled(await asyncio.shield(future))
        except asyncio.CancelledError:
            self.left.set()
            raise

    def attempt(self) -> tuple[bool, Any]:
        try:
            return True, self.function(self.options)
        except BaseException as error:
            return False, error

    def settled(self, outcome: tuple[bool, Any]) -> T:
        succeeded, result = outcome
        if not succeeded:
            raise result
        return result  # type: ignore[no-any-return]


class Bound(Generic[P, T]):
    """A method that goes out: `f(…)` waits for it, `await f.aio(…)` lets asyncio go on meanwhile."""

    def __init__(self, begin: Callable[P, Call[T]]) -> None:
        self.begin = begin
        update_wrapper(self, begin)  # for help() and inspect.signature()

    def __call__(self, *arguments: P.args, **options: P.kwargs) -> T:
        return self.begin(*arguments, **options).run()

    async def aio(self, *arguments: P.args, **options: P.kwargs) -> T:
        return await self.begin(*arguments, **options).run_async()


class outgoing(Generic[S, P, T]):
    """Makes a Bound of a method that returns a Call."""

    def __init__(self, begin: Callable[Concatenate[S, P], Call[T]]) -> None:
        self.begin = begin
        update_wrapper(self, begin)  # for help() and inspect.signature()

    def __call__(self, owner: S, *arguments: P.args, **options: P.kwargs) -> T:
        return self.begin(owner, *arguments, **options).run()

    @overload
    def __get__(self, owner: None, kind: type) -> "outgoing[S, P, T]": ...

    @overload
    def __get__(self, owner: S, kind: type) -> Bound[P, T]: ...

    def __get__(self, owner: S | None, kind: type) -> Any:
        return self if owner is None else Bound(self.begin.__get__(owner))
