"""How often Python's allocators are asked for memory, counted in C by a wrapper around them.

`sys.getallocatedblocks` tells what is left, not what was made: an object that is made and let go of for each request is
invisible to it, and costs. What comes from a type's free list is not counted: it costs little.
"""

from __future__ import annotations

import ctypes
import subprocess
import sysconfig
from pathlib import Path

SOURCE = """
#include <Python.h>
static PyMemAllocatorEx object, memory;
static unsigned long long asked;
static void *get(void *from, size_t size) {
    asked++; return ((PyMemAllocatorEx *)from)->malloc(((PyMemAllocatorEx *)from)->ctx, size); }
static void *get_zeroed(void *from, size_t count, size_t size) {
    asked++; return ((PyMemAllocatorEx *)from)->calloc(((PyMemAllocatorEx *)from)->ctx, count, size); }
static void *resize(void *from, void *block, size_t size) {
    if (block == NULL) asked++;
    return ((PyMemAllocatorEx *)from)->realloc(((PyMemAllocatorEx *)from)->ctx, block, size); }
static void let_go(void *from, void *block) {
    ((PyMemAllocatorEx *)from)->free(((PyMemAllocatorEx *)from)->ctx, block); }
static void wrap(PyMemAllocatorDomain domain, PyMemAllocatorEx *kept) {
    PyMem_GetAllocator(domain, kept);
    PyMemAllocatorEx counting = {kept, get, get_zeroed, resize, let_go};
    PyMem_SetAllocator(domain, &counting); }
void begin(void) { wrap(PYMEM_DOMAIN_OBJ, &object); wrap(PYMEM_DOMAIN_MEM, &memory); }
void end(void) { PyMem_SetAllocator(PYMEM_DOMAIN_OBJ, &object); PyMem_SetAllocator(PYMEM_DOMAIN_MEM, &memory); }
unsigned long long count(void) { return asked; }
"""


class Allocations:
    """Counts while entered; one at a time. `folder` takes the compiled wrapper."""

    def __init__(self, folder: Path) -> None:
        source, built = folder / "allocations.c", folder / "allocations.so"
        source.write_text(SOURCE)
        include = sysconfig.get_path("include")
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", f"-I{include}", "-o", built, source], check=True)
        self._counter = ctypes.PyDLL(str(built))
        self._counter.count.restype = ctypes.c_ulonglong

    @property
    def count(self) -> int:
        """How many blocks were asked for so far."""
        counted: int = self._counter.count()
        return counted

    def __enter__(self) -> Allocations:
        self._counter.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._counter.end()
