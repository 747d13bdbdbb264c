# The C types of sender.py.
cimport cython
from gateway.transport.poller cimport Poller, Watched, close_descriptor, end_sending, send_piece, send_pieces

cdef int _OPEN, _CLOSING, _LEAVING, _GONE
cdef unsigned int _TAKES, _GIVES
cdef Py_ssize_t _PIECES

cdef class Sender(Watched):
    cdef object _protocol
    cdef list _pieces
    cdef Py_ssize_t _start
    cdef Py_ssize_t _unsent_bytes
    cdef Py_ssize_t _high
    cdef Py_ssize_t _low
    cdef object _outcome
    cdef unsigned char _life
    cdef unsigned char _writing
    cdef unsigned char _blocked
    cdef unsigned char _tells_room
    cdef unsigned char _enlisted
    cdef unsigned char _owner_paused

    cdef int watch_again(self) except -1
    cpdef write(self, data)
    cpdef writelines(self, pieces)

    @cython.locals(piece=bytes)
    cdef int queue(self, data) except -1
    cdef int send_queued(self) except -1

    @cython.locals(sent=Py_ssize_t, full=bint)
    cdef int flush(self) except -1

    @cython.locals(done=Py_ssize_t, size=Py_ssize_t)
    cdef int advance(self, Py_ssize_t sent) except -1
    cdef int wait_for_room(self) except -1
    cdef int sent_all(self) except -1
    cdef int check_high(self) except -1
    cdef int check_low(self) except -1
    cpdef write_eof(self)
    cpdef Py_ssize_t get_write_buffer_size(self) except -1
    cpdef close(self)
    cpdef abort(self)
    cpdef bint is_closing(self) except -1
    cdef int lose(self, outcome) except -1
    cdef int ended(self) except -1
    cdef int dismissed(self) except -1
    cdef int owner_failed(self, str where, error) except -1
