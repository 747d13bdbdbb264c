# The C types of tcp.py: what each connection of a client costs when it comes and when it goes.
cimport cython
from gateway.http.downstream cimport Downstream
from gateway.http.router cimport Router
from gateway.http.service cimport DataPath
from gateway.settings cimport Settings
from gateway.transport.acceptor cimport Acceptor

cdef class TcpListener:
    cdef readonly DataPath service
    cdef readonly str port_key
    cdef public Router router
    cdef readonly bint draining
    cdef readonly set connections
    cdef object _sock
    cdef int _local_port
    cdef Acceptor _acceptor
    cdef object _retry
    cdef dict _by_source
    cdef public object gate
    cdef dict _gated
    cdef object _empty

    cpdef _accept(self)
    cdef _stop(self)
    cpdef pause(self)
    @cython.locals(service=DataPath, settings=Settings)
    cpdef bint opened(self, Downstream connection) except -1
    @cython.locals(service=DataPath)
    cpdef closed(self, Downstream connection)
    cdef bint _passes(self, gate, Downstream connection) except -1
    cdef bytes _too_many(self, str limit)
