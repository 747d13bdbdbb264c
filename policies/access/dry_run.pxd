# The C types of dry_run.py.

from policies.step cimport Step
from policies.subject cimport Subject

cdef class DryRun(Step):
    cdef readonly Step step

    cpdef decide(self, Subject subject)
    cpdef resume(self, Subject subject, answer)
    cdef _noted(self, Subject subject, verdict)
