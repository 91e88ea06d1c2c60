"""A peer that speaks HTTP/2 frame by frame, right or wrong, and sees every
frame of the server. Knows nothing of what a suite expects.
"""
import collections
import socket
import struct
import time

import hpack

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

(DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY,
 WINDOW_UPDATE, CONTINUATION) = range(10)
PRIORITY_UPDATE = 16
END_STREAM, ACK, END_HEADERS, PADDED, HAS_PRIORITY = 1, 1, 4, 8, 32

(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR,
 SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL,
 COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM) = range(12)

TABLE_SIZE, ENABLE_PUSH, STREAMS, WINDOW, FRAME_SIZE, LIST_SIZE = range(1, 7)
NO_7540 = 9

PATIENCE = 20

Frame = collections.namedtuple('Frame', 'type flags stream payload')


def frame(kind, flags, stream, payload=b'', length=None):
    length = len(payload) if length is None else length
    return struct.pack('>BHBBL', length >> 16, length & 0xffff, kind, flags,
                       stream) + payload


def settings(*pairs):
    return b''.join(struct.pack('>HL', *pair) for pair in pairs)


def number(n):
    return struct.pack('>L', n)


class Ended(Exception):
    """The server has closed the connection."""


class Answer:
    """What has come on one stream."""

    def __init__(self):
        self.fields, self.body, self.has_ended = None, b'', False
        self.error = None
        self.frames = []

    @property
    def status(self):
        return int(self.fields[':status'])


class Speaker:
    """What a peer says, without anybody to hear it."""

    def __init__(self):
        self.encoder = hpack.Encoder()

    def fields(self, path='/', method='GET', scheme='http', extra=(),
               authority='localhost'):
        pairs = [(':method', method), (':scheme', scheme), (':path', path),
                 (':authority', authority)]
        return [p for p in pairs if p[1] is not None] + list(extra)

    def block(self, *args, **kwargs):
        return self.encoder.encode(self.fields(*args, **kwargs))

    def request(self, stream, path='/', flags=END_STREAM, **kwargs):
        """The bytes of a request, to be sent."""
        return frame(HEADERS, flags | END_HEADERS, stream,
                     self.block(path, **kwargs))


class Peer(Speaker):
    def __init__(self, port, *pairs, greet=True, window=None):
        super().__init__()
        self.socket = socket.create_connection(('127.0.0.1', port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.decoder = hpack.Decoder()
        self.bytes = b''
        self.seen = []          # every frame
        self.answers = collections.defaultdict(Answer)
        self.goaway = None      # last stream, error, words
        self.settings = {}
        self.pongs, self.acks = [], 0
        self.order = []         # streams in the order of their DATA
        self.has_ended = False
        if greet:
            self.send(PREFACE + frame(SETTINGS, 0, 0, settings(*pairs)))
            if window:
                self.send(frame(WINDOW_UPDATE, 0, 0, number(window)))
            self.until(lambda: self.acks == 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *parts):
        try:
            self.socket.sendall(b''.join(parts))
        except (BrokenPipeError, ConnectionResetError):
            pass

    def get(self, stream, path='/', **kwargs):
        self.send(self.request(stream, path, **kwargs))
        return self.whole(stream)

    # What is heard

    def read(self):
        """One more frame. Raises Ended, or TimeoutError."""
        while True:
            if len(self.bytes) >= 9:
                high, low, kind, flags, stream = struct.unpack_from(
                    '>BHBBL', self.bytes)
                size = (high << 16) + low
                if len(self.bytes) >= 9 + size:
                    payload = self.bytes[9:9 + size]
                    self.bytes = self.bytes[9 + size:]
                    one = Frame(kind, flags, stream, payload)
                    self.seen.append(one)
                    self.hear(one)
                    return one
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError:
                more = b''
            if not more:
                self.has_ended = True
                raise Ended
            self.bytes += more

    def hear(self, one):
        answer = self.answers[one.stream]
        if one.type == SETTINGS and one.flags & ACK:
            self.acks += 1
        elif one.type == SETTINGS:
            for at in range(0, len(one.payload), 6):
                key, value = struct.unpack_from('>HL', one.payload, at)
                self.settings[key] = value
            self.send(frame(SETTINGS, ACK, 0))
        elif one.type == PING and one.flags & ACK:
            self.pongs.append(one.payload)
        elif one.type == GOAWAY:
            self.goaway = struct.unpack_from('>LL', one.payload) + (
                one.payload[8:].decode(),)
        elif one.type == RST_STREAM:
            answer.error, = struct.unpack('>L', one.payload)
        elif one.type in (HEADERS, CONTINUATION):
            answer.frames.append(one)
            answer.has_ended |= bool(one.type == HEADERS and
                                     one.flags & END_STREAM)
            if one.flags & END_HEADERS:
                block = b''.join(f.payload for f in answer.frames
                                 if f.type != DATA)
                answer.fields = dict(self.decoder.decode(block))
        elif one.type == DATA:
            answer.frames.append(one)
            answer.body += one.payload
            answer.has_ended |= bool(one.flags & END_STREAM)
            self.order.append(one.stream)

    def until(self, condition, patience=PATIENCE):
        """Reads until it holds; False at the end of the connection."""
        end = time.monotonic() + patience
        while not condition():
            left = end - time.monotonic()
            assert left > 0, 'in vain: %r' % (self.seen[-5:],)
            self.socket.settimeout(left)
            try:
                self.read()
            except Ended:
                return condition()
        return True

    def whole(self, stream):
        answer = self.answers[stream]
        self.until(lambda: answer.has_ended or answer.error is not None)
        return answer

    def pong(self, payload=b'12345678'):
        """The server has dealt with all that was sent before."""
        before = len(self.pongs)
        self.send(frame(PING, 0, 0, payload))
        return self.until(lambda: len(self.pongs) > before)

    def is_alive(self):
        return self.pong()

    def drain(self):
        """Reads to the end of the connection."""
        self.until(lambda: False) if not self.has_ended else None
        return True

    def ends(self):
        """The connection comes to its end; gives the GOAWAY's error."""
        self.until(lambda: self.has_ended)
        return self.goaway[1] if self.goaway else None

    def fails(self, stream):
        """The stream is reset, or the connection ends: the error."""
        answer = self.answers[stream]
        self.until(lambda: answer.error is not None or self.goaway)
        return answer.error if answer.error is not None else self.goaway[1]
