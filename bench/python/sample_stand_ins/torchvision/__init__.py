"""Stands in for torchvision where it is not installed: imports succeed, nothing can be computed.

transformers imports it for every Qwen-VL processor, also where no picture is ever given.
"""

import importlib.abc
import importlib.machinery
import sys
import types


class StandIn(types.ModuleType):
    """A module or class of any name; `InterpolationMode.BICUBIC` is one as well."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__getattr__": StandIn.__getattr__})()


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.startswith("torchvision."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return StandIn(spec.name)

    def exec_module(self, module):
        module.__path__ = []


sys.meta_path.append(Finder())
sys.modules[__name__].__class__ = StandIn
__version__ = "0.0"
