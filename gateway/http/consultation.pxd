# The C types of consultation.py. What is awaited by callbacks and tasks has none: it is met on few requests.
cimport cython
from gateway.hot.ledger cimport Ledger
from gateway.http.exchange cimport Exchange
from policies.step cimport Step
from policies.subject cimport Subject

@cython.locals(step=Step, position=Py_ssize_t)
cpdef consult(Exchange exchange, Subject subject, tuple steps)

@cython.locals(ledger=Ledger)
cdef _permit(Exchange exchange, Subject subject)

cdef class Consultation:
    cdef Exchange _exchange
    cdef Subject _subject
    cdef tuple _steps
    cdef Py_ssize_t _position
    cdef list _kept
    cdef long long _kept_bytes
    cdef object _reader
    cdef long long _bound
    cdef object _task
    cdef object _timer
    cdef readonly bint waiting

    cpdef keep(self, event)
    cpdef cancel(self)
    @cython.locals(exchange=Exchange)
    cpdef obey(self, verdict)
    cdef _end(self)
    @cython.locals(step=Step)
    cdef _ask(self)
    @cython.locals(exchange=Exchange)
    cdef _go_on(self, say)
