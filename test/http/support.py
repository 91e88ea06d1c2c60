"""What the suites share: a server that is watched, and a client that sees
every byte. Knows nothing of what a single suite is about.

A server is started on a free port, its standard error is kept, and its end is
judged: a wrong exit status, a report of a sanitizer, or a worker that died
without being told to fail the test.
"""
import contextlib
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

import pytest

HSTATIC = os.environ.get('HSTATIC', 'build-test/hstatic')
HSTATIC_PLAIN = os.environ.get('HSTATIC_PLAIN', 'build-gcc/hstatic')
NOBODY = 65534

# The event loop of every server that is started, where a suite names one.
LOOP = {k: v for k, v in os.environ.items() if k == 'HSTATIC_LOOP'}

# Nothing that a test waits for takes so long on a machine that works.
PATIENCE = 20

REPORTS = re.compile(r'Sanitizer|runtime error:|Assertion|sandbox refused')
DEATHS = re.compile(r'(?:worker \d+|compresses \(\d+\)|'
                    r'admin process \(\d+\)) (?:killed|exited)')

# The helper that compresses, among the children of a server.
HELPER = 'hstatic-squeeze'
# The process that answers on the admin listener.
ADMIN = 'hstatic-admin'


def until(condition, what, patience=PATIENCE):
    """Waits for what has no descriptor to wait on; gives its value."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, 'in vain for %g s: %s' % (patience,
                                                                what)
        time.sleep(0.005)


def environment(**extra):
    """Ours, without what would set an option of the server."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith('HSTATIC') and k not in ('PORT', 'HOST')}
    return {**env, **LOOP, **extra}


def is_root():
    return os.geteuid() == 0


def children(pid):
    """The processes that `pid` is the parent of, zombies left out."""
    found = []
    for name in os.listdir('/proc'):
        if not name.isdigit():
            continue
        try:
            with open('/proc/%s/stat' % name, 'rb') as f:
                fields = f.read().rpartition(b')')[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != b'Z':
            found.append(int(name))
    return sorted(found)


def name_of(pid):
    """What ps(1) calls it; '' where there is no such process."""
    try:
        with open('/proc/%d/comm' % pid) as f:
            return f.read().rstrip('\n')
    except OSError:
        return ''


def state(pid):
    """R, S, T...; Z as well where there is no such process."""
    try:
        with open('/proc/%d/stat' % pid, 'rb') as f:
            return f.read().rpartition(b')')[2].split()[0].decode()
    except OSError:
        return 'Z'


def is_alive(pid):
    return state(pid) != 'Z'


def pause(pid):
    """Stops a process where it stands; it has stopped when this returns."""
    os.kill(pid, signal.SIGSTOP)
    until(lambda: state(pid) == 'T', 'the process to stop')


class Server:
    """`hstatic OPTIONS ROOT`, on 127.0.0.1 and a free port by default."""

    def __init__(self, root, *options, binary=None, bind='127.0.0.1',
                 port='0', user=None, env=None, may_lose_workers=False,
                 cwd=None):
        where = [] if bind is None else ['-b', bind]
        where += [] if port is None else ['-p', port]
        self.may_lose_workers = may_lose_workers
        self.log_file = tempfile.NamedTemporaryFile(prefix='hstatic-log-')
        self.home = None
        binary = os.path.abspath(binary or HSTATIC)
        who = {}
        if user is not None:
            # The checkout may lie where nobody else may go.
            self.home = tempfile.mkdtemp(prefix='hstatic-bin-')
            os.chmod(self.home, 0o755)
            binary = shutil.copy(binary, self.home)
            who = {'user': user, 'group': user, 'extra_groups': []}
        self.compresses = '--no-compress' not in options
        self.process = subprocess.Popen(
            [binary, *where, *options, os.fspath(root)], cwd=cwd,
            stdin=subprocess.DEVNULL, stdout=self.log_file,
            stderr=self.log_file, env=env or environment(), **who)
        self.pid = self.process.pid

    def log(self):
        with open(self.log_file.name, errors='replace') as f:
            return f.read()

    def wait_ready(self):
        """Until the start line is there; takes the port from it."""
        until(lambda: ' at ' in self.log() and self.log().endswith('\n')
              or self.process.poll() is not None, 'the start line')
        assert self.process.poll() is None, self.log()
        ports = re.findall(r'http://\S+:(\d+)/', self.log())
        self.port = int(ports[0]) if ports else None
        watched = re.search(r'x-ray: http://\S+:(\d+)/xray', self.log())
        self.admin_port = int(watched[1]) if watched else None
        if self.compresses:
            until(self.helper, 'the helper to have its name')
        return self

    def workers(self):
        return [pid for pid in children(self.pid)
                if name_of(pid) not in (HELPER, ADMIN)]

    def admin(self):
        """The pid of the admin process, or None."""
        pids = [pid for pid in children(self.pid) if name_of(pid) == ADMIN]
        assert len(pids) <= 1
        return pids[0] if pids else None

    def helper(self):
        """Its pid, or None."""
        pids = [pid for pid in children(self.pid) if name_of(pid) == HELPER]
        assert len(pids) <= 1
        return pids[0] if pids else None

    def signal(self, number):
        os.kill(self.pid, number)

    def wait(self, patience=PATIENCE):
        return self.process.wait(patience)

    def finish(self, status=0):
        """Stops it if it still runs, and judges how it ended."""
        late = ''
        try:
            if self.process.poll() is None:
                self.process.terminate()
            ended = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            late = 'did not stop on SIGTERM in time\n'
            for pid in children(self.pid):
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
            ended = self.process.wait()
        log = self.log()
        self.log_file.close()
        if self.home:
            shutil.rmtree(self.home, ignore_errors=True)
        assert not late, late + log
        assert not REPORTS.search(log), log
        assert self.may_lose_workers or not DEATHS.search(log), log
        assert ended == status, 'status %d\n%s' % (ended, log)
        return log


@contextlib.contextmanager
def serving(root, *options, **how):
    server = Server(root, *options, **how)
    try:
        yield server.wait_ready()
    finally:
        server.finish()


@contextlib.contextmanager
def folder():
    """A directory that everybody may enter, gone in the end."""
    path = os.path.realpath(tempfile.mkdtemp(prefix='hstatic-test-'))
    os.chmod(path, 0o755)
    try:
        yield path
    finally:
        subprocess.run(['chmod', '-R', 'u+rwX', path], check=False,
                       stderr=subprocess.DEVNULL)
        shutil.rmtree(path, ignore_errors=True)


def write(*parts):
    """write(folder, name, ..., content): makes the folders as well."""
    *names, content = parts
    path = os.path.join(*names)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


def settle(path):
    """Makes a file look old, so that it may be kept in memory."""
    old = time.time() - 3600
    os.utime(path, (old, old))
    return path


class Ended(Exception):
    """The connection ended where an answer should have gone on."""


class Response:
    def __init__(self, status, version, fields, head):
        self.status = status
        self.version = version
        self.fields = fields
        self.head = head
        self.body = b''
        self.interim = []

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def __getitem__(self, name):
        """The one value of a field, or None."""
        values = self.all(name)
        assert len(values) <= 1, '%s occurs twice' % name
        return values[0] if values else None

    @property
    def is_last(self):
        return (self['Connection'] or '').lower() == 'close'


class Client:
    """One connection, spoken by hand; every read has a deadline."""

    def __init__(self, server, receive_buffer=None, timeout=PATIENCE):
        port = getattr(server, 'port', server)
        is_unix = isinstance(port, str)
        self.sock = socket.socket(
            socket.AF_UNIX if is_unix else socket.AF_INET)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                 receive_buffer)
        self.sock.settimeout(timeout)
        self.sock.connect(port if is_unix else ('127.0.0.1', port))
        self.buffer = b''
        self.reads = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Goes without a goodbye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack('ii', 1, 0))
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes)
                          else data.encode('latin-1'))

    def ask(self, target='/', method='GET', *lines, version='1.1'):
        self.send(request(target, method, *lines, version=version))

    def get(self, target='/', *lines, method='GET', version='1.1'):
        self.ask(target, method, *lines, version=version)
        return self.response(method)

    def fill(self):
        data = self.sock.recv(1 << 20)
        self.reads += 1
        self.buffer += data
        return len(data) > 0

    def head(self):
        while b'\r\n\r\n' not in self.buffer:
            if not self.fill():
                raise Ended('before the end of a head: %r' % self.buffer)
        head, self.buffer = self.buffer.split(b'\r\n\r\n', 1)
        first, *lines = head.decode('latin-1').split('\r\n')
        match = re.fullmatch(r'HTTP/(1\.\d) (\d{3}) (.*)', first)
        assert match, first
        fields = []
        for line in lines:
            name, colon, value = line.partition(':')
            assert colon and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+",
                                          name), line
            fields.append((name, value.strip(' \t')))
        return Response(int(match[2]), match[1], fields, head + b'\r\n\r\n')

    def take(self, count):
        parts, got = [self.buffer], len(self.buffer)
        while got < count:
            data = self.sock.recv(1 << 20)
            self.reads += 1
            if not data:
                self.buffer = b''.join(parts)
                raise Ended('%d of %d bytes came' % (got, count))
            parts.append(data)
            got += len(data)
        whole = b''.join(parts)
        self.buffer = whole[count:]
        return whole[:count]

    def response(self, method='GET'):
        """The next final answer, whole."""
        interim = []
        answer = self.head()
        while 100 <= answer.status < 200:
            interim.append(answer)
            answer = self.head()
        answer.interim = interim
        length = answer['Content-Length']
        has_body = method != 'HEAD' and answer.status not in (204, 304)
        if has_body and answer['Transfer-Encoding'] == 'chunked':
            answer.body = self.take_chunks()
        elif has_body and length is None:
            assert answer.is_last, answer.head
            answer.body = self.take_rest()
        elif has_body:
            answer.body = self.take(int(length))
        return answer

    def take_chunks(self):
        """A chunked body, to its last chunk (RFC 9112 7.1)."""
        body = b''
        while True:
            while b'\r\n' not in self.buffer:
                if not self.fill():
                    raise Ended('before the size of a chunk')
            line, self.buffer = self.buffer.split(b'\r\n', 1)
            assert re.fullmatch(rb'[0-9a-fA-F]+', line), line
            chunk = self.take(int(line, 16) + 2)
            assert chunk.endswith(b'\r\n'), chunk[-20:]
            body += chunk[:-2]
            if len(chunk) == 2:
                return body

    def take_rest(self):
        """A body that ends with the connection (RFC 9112 6.3)."""
        while self.fill():
            pass
        rest, self.buffer = self.buffer, b''
        return rest

    def is_over(self, patience=PATIENCE):
        """Waits for the end of the connection; False when bytes come."""
        if self.buffer:
            return False
        self.sock.settimeout(patience)
        try:
            return self.sock.recv(1) == b''
        except ConnectionResetError:
            return True

    def is_quiet(self):
        """Nothing has come that was not asked for."""
        ready, _, _ = select.select([self.sock], [], [], 0)
        return not ready and not self.buffer


def request(target='/', method='GET', *lines, version='1.1'):
    host = [] if any(line.lower().startswith('host:') for line in lines) \
        else ['Host: localhost']
    if isinstance(target, str):
        target = target.encode('latin-1')
    rest = '\r\n'.join([' HTTP/' + version, *host, *lines, '', ''])
    return method.encode() + b' ' + target + rest.encode('latin-1')


def fetch(server, target='/', *lines, method='GET', version='1.1'):
    """One request on a connection of its own."""
    with Client(server) as client:
        return client.get(target, *lines, method=method, version=version)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


@pytest.fixture
def site():
    """An empty document root."""
    with folder() as path:
        root = os.path.join(path, 'site')
        os.mkdir(root)
        os.chmod(root, 0o755)
        yield root


@pytest.fixture
def serve():
    """serve(root, options...): a server that runs until the test ends."""
    servers = []

    def start(root, *options, **how):
        server = Server(root, *options, **how)
        servers.append(server)
        return server.wait_ready()

    yield start
    problems = []
    for server in servers:
        try:
            server.finish()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, '\n'.join(problems)
