"""Asks a server before it is measured, and compares each byte of the answer.

A server that answers wrongly does not count, however fast it does so.
"""
import gzip
import socket
import subprocess


class Wrong(Exception):
    """What is wrong with the answer."""


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body


def connect(port):
    sock = socket.create_connection(('127.0.0.1', port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def read_head(file):
    line = file.readline()
    parts = line.split(b' ', 2)
    if len(parts) < 2 or not parts[0].startswith(b'HTTP/1.'):
        raise Wrong('no status line: %r' % line[:40])
    fields = {}
    while True:
        line = file.readline()
        if line == b'\r\n':
            return int(parts[1]), fields
        name, colon, value = line.decode('latin-1').partition(':')
        if not colon:
            raise Wrong('no field: %r' % line[:40])
        fields[name.lower()] = value.strip()


def read_answer(file):
    status, fields = read_head(file)
    if status in (204, 304):
        return Answer(status, fields, b'')
    if 'content-length' not in fields:
        raise Wrong('%d without Content-Length' % status)
    length = int(fields['content-length'])
    body = file.read(length)
    if len(body) != length:
        raise Wrong('%d of %d bytes' % (len(body), length))
    return Answer(status, fields, body)


class Asker:
    """A connection for one request after the other, opened when it has to."""

    def __init__(self, port):
        self.port, self.sock, self.file = port, None, None

    def ask(self, request):
        if not self.sock:
            self.sock = connect(self.port)
            self.file = self.sock.makefile('rb')
        self.sock.sendall(request)
        answer = read_answer(self.file)
        if answer.fields.get('connection', '').lower() == 'close':
            self.close()
        return answer

    def close(self):
        if self.sock:
            self.file.close()
            self.sock.close()
        self.sock = None


def decoded(answer):
    coding = answer.fields.get('content-encoding', 'identity')
    if coding == 'identity':
        return answer.body
    if coding == 'gzip':
        return gzip.decompress(answer.body)
    tools = {'br': ['brotli', '-dc'], 'zstd': ['zstd', '-dcq']}
    if coding not in tools:
        raise Wrong('Content-Encoding: ' + coding)
    done = subprocess.run(tools[coding], input=answer.body, check=False,
                          stdout=subprocess.PIPE)
    return done.stdout


def check_answer(answer, status, body, wants_coding=False):
    """Raises Wrong unless this is what was wanted, byte by byte."""
    if answer.status != status:
        raise Wrong('status %d instead of %d' % (answer.status, status))
    if status == 304:
        return
    if wants_coding and 'content-encoding' not in answer.fields:
        raise Wrong('negotiates no coding')
    got = decoded(answer)
    if got != body:
        at = next((i for i, (a, b) in enumerate(zip(got, body)) if a != b),
                  min(len(got), len(body)))
        raise Wrong('%d bytes instead of %d, wrong from byte %d on'
                    % (len(got), len(body), at))
