"""The situations, one module for each family of causes. A situation injects one fault, logs in, saves what was printed."""
import importlib
import pkgutil

_found = {}


def situation(name):
    """Registers a function under samples/<name>.log; name is <category>/<cause>/<situation>."""
    def keep(act):
        assert name not in _found, f"{name} is there twice"
        _found[name] = act
        return act
    return keep


def all_situations():
    for module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"situations.{module}")
    return dict(_found)
