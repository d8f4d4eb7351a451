"""Prints Python's version, and every public name of the modules that the page for readers from Python covers.

A class is followed by its members, except those that a public class above it has, and those of exceptions and tuples.
"""

import importlib
import inspect
import sys
import time

# How to make an object of a class, for the attributes that only objects have.
OBJECTS = {
    "Condition": lambda c: c(),
    "Event": lambda c: c(),
    "Lock": lambda c: c(),
    "RLock": lambda c: c(),
    "Semaphore": lambda c: c(),
    "BoundedSemaphore": lambda c: c(),
    "Barrier": lambda c: c(1),
    "Thread": lambda c: c(),
    "Timer": lambda c: c(1, print),
    "Queue": lambda c: c(),
    "LifoQueue": lambda c: c(),
    "PriorityQueue": lambda c: c(),
    "SimpleQueue": lambda c: c(),
    "Future": lambda c: c(),
    "ThreadPoolExecutor": lambda c: c(1),
}


def public(names):
    return {name for name in names if not name.startswith("_")}


def of_module(module):
    """What the module declares, and what was defined in it under a public name."""
    declared = public(module.__all__)
    defined = {
        name
        for name in public(dir(module))
        if getattr(getattr(module, name), "__module__", None) == module.__name__
    }
    return declared | defined


def members(name, thing):
    made = OBJECTS[name](thing) if name in OBJECTS else thing
    own = public(dir(thing)) | public(dir(made))
    if isinstance(thing, type):
        if issubclass(thing, tuple):
            own -= public(dir(time.struct_time))
        for base in thing.__mro__[1:]:
            if base is not object and base.__name__ in classes:
                own -= public(dir(base))
                if base.__name__ in OBJECTS:
                    own -= public(dir(OBJECTS[base.__name__](base)))
    return own


print(sys.version_info.major, sys.version_info.minor)
for where in ["threading", "queue", "concurrent.futures"]:
    module = importlib.import_module(where)
    names = of_module(module)
    classes = {name for name in names if inspect.isclass(getattr(module, name))}
    for name in sorted(names):
        thing = getattr(module, name)
        print(f"{where} {name}")
        is_error = inspect.isclass(thing) and issubclass(thing, BaseException)
        if name in OBJECTS or (name in classes and not is_error):
            for member in sorted(members(name, thing)):
                print(f"{where} {name}.{member}")
