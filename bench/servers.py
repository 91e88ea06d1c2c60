"""The servers: how each is started, tuned by its file in bench/peers.

A `Place` says what for: the site, a folder for the server's own files, the
number of workers. All run in the foreground, on 127.0.0.1, with no need of
being root.
"""
import os
import re
import resource
import shutil
import socket
import subprocess
import time

import check
import processes

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
FLOOR, FLOOR_URING = 'floor', 'floor-uring'
OURS = ('hstatic-epoll', 'hstatic-uring')
PEERS = ('nginx', 'h2o', 'lighttpd', 'apache2', 'caddy', 'haproxy')
ALL = (FLOOR, FLOOR_URING) + OURS + PEERS
START_S = 20
# With fewer threads than busy connections it closes some of them.
APACHE_THREADS = 256


def program(name):
    return os.path.join(TOP, os.environ.get('BENCH_BUILD', 'build'), name)


class Place:
    """Where and for what a server runs."""

    def __init__(self, folder, root, workload, workers=1):
        self.folder, self.root, self.workload = folder, root, workload
        self.workers = workers
        self.port = 0

    def file(self, name):
        return os.path.join(self.folder, name)


def free_port():
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def descriptors():
    return min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 1 << 20)


def fill(text, values):
    """Puts values for @NAMES@; one that is missing is a mistake of ours."""
    return re.sub(r'@([A-Z]+)@', lambda m: str(values[m.group(1)]), text)


def configure(place, name, **values):
    """Writes a configuration from its template; gives its path."""
    values = {'PORT': place.port, 'ROOT': place.root, 'DIR': place.folder,
              'WORKERS': place.workers, 'DESCRIPTORS': descriptors(),
              'CONNECTIONS': descriptors() - 1000, **values}
    with open(os.path.join(HERE, 'peers', name), encoding='utf-8') as file:
        text = fill(file.read(), values)
    with open(place.file(name), 'w', encoding='utf-8') as file:
        file.write(text)
    return place.file(name)


def floor_command(place, loop):
    workload = place.workload
    answer = place.file('answer')
    head, body = workload.floor_answer(place.root)
    with open(answer, 'wb') as file:
        file.write(head)
        if not workload.is_large:
            file.write(body)
    command = [program('bench/floor'), '--port', str(place.port),
               '--answer', answer, '--loop', loop]
    if workload.closes:
        command.append('--close')
    if workload.is_large:
        command += ['--sendfile', place.root + workload.targets(None)[0]]
    return command


def hstatic_command(place, loop):
    return [program('hstatic'), '--quiet', '--bind', '127.0.0.1',
            '--port', str(place.port), '--workers', str(place.workers),
            '--loop', loop, '--idle-timeout', '3600', place.root]


def nginx_command(place):
    path = configure(place, 'nginx.conf',
                     SENDFILE='on' if place.workload.sends_files else 'off',
                     CODINGS='on' if place.workload.codes else 'off',
                     HTTP='http2' if place.workload.kind == 'h2' else '')
    return ['nginx', '-p', place.folder, '-e', place.file('error.log'),
            '-c', path]


def h2o_command(place):
    path = configure(place, 'h2o.conf',
                     CODINGS='ON' if place.workload.codes else 'OFF')
    return ['h2o', '-c', path]


def lighttpd_command(place):
    codes = place.workload.codes
    # 0: no master; a single worker needs none.
    path = configure(place, 'lighttpd.conf',
                     WORKERS=place.workers if place.workers > 1 else 0,
                     MODULES='"mod_deflate"' if codes else '')
    if codes:
        os.makedirs(place.file('deflate'), exist_ok=True)
        os.chmod(place.file('deflate'), 0o777)
        path = configure(place, 'lighttpd-codings.conf')
    return ['lighttpd', '-D', '-f', path]


def apache2_command(place):
    modules = '/usr/lib/apache2/modules'
    codings = ''
    if place.workload.codes:
        codings = 'Include ' + configure(place, 'apache2-codings.conf',
                                         MODULES=modules)
    user = 'User www-data\n\tGroup www-data' if os.geteuid() == 0 else ''
    path = configure(place, 'apache2.conf', MODULES=modules, USER=user,
                     EACH=APACHE_THREADS,
                     THREADS=APACHE_THREADS * place.workers, CODINGS=codings)
    return ['apache2', '-f', path, '-DFOREGROUND']


def caddy_command(place):
    codes = place.workload.codes
    path = configure(place, 'caddy.conf',
                     CODINGS='precompressed zstd br gzip' if codes else '')
    return ['env', 'GOMAXPROCS=1', 'HOME=' + place.folder,
            'XDG_DATA_HOME=' + place.folder, 'XDG_CONFIG_HOME=' + place.folder,
            'caddy', 'run', '--adapter', 'caddyfile', '--config', path]


def haproxy_command(place):
    path = configure(place, 'haproxy.conf')
    return ['haproxy', '-db', '-q', '-f', path]


COMMANDS = {
    FLOOR: lambda place: floor_command(place, 'epoll'),
    FLOOR_URING: lambda place: floor_command(place, 'uring'),
    'hstatic-epoll': lambda place: hstatic_command(place, 'epoll'),
    'hstatic-uring': lambda place: hstatic_command(place, 'uring'),
    'nginx': nginx_command,
    'h2o': h2o_command,
    'lighttpd': lighttpd_command,
    'apache2': apache2_command,
    'caddy': caddy_command,
    'haproxy': haproxy_command,
}

VERSIONS = {
    'hstatic-epoll': [program('hstatic'), '--version'],
    'nginx': ['nginx', '-v'],
    'h2o': ['h2o', '-v'],
    'lighttpd': ['lighttpd', '-v'],
    'apache2': ['apache2', '-v'],
    'caddy': ['caddy', 'version'],
    'haproxy': ['haproxy', '-v'],
    'wrk': ['wrk', '-v'],
}


def versions():
    """What each program says it is; only those that are there."""
    said = {}
    for name, command in VERSIONS.items():
        if shutil.which(command[0]):
            done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            found = re.search(rb'\d+\.\d[\w.+~-]*', done.stdout)
            if found:
                said[name.split('-')[0]] = found.group().decode()
    return said


class Server:
    """One that runs. Whoever starts it stops it."""

    def __init__(self, name, place, start=processes.start):
        self.name, self.place = name, place
        os.makedirs(place.folder, exist_ok=True)
        os.chmod(place.folder, 0o755)
        place.port = free_port()
        command = COMMANDS[name](place)
        if not shutil.which(command[0]):
            raise check.Wrong('is not installed')
        self.said = open(place.file('said'), 'wb')
        core = processes.SERVER_CORE
        self.started = time.monotonic()
        self.process = start(
            command, core, stdin=subprocess.DEVNULL, stdout=self.said,
            stderr=subprocess.STDOUT, cwd=place.folder)

    @property
    def port(self):
        return self.place.port

    @property
    def pid(self):
        return self.process.pid

    def await_port(self):
        """Returns once it accepts; Wrong with what it said otherwise."""
        end = time.monotonic() + START_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                check.connect(self.port).close()
                return
            except OSError:
                time.sleep(0.005)
        raise check.Wrong('does not start: ' + self.last_words())

    def last_words(self):
        with open(self.place.file('said'), encoding='utf-8',
                  errors='replace') as file:
            return ' '.join(file.read().split())[-200:]

    def cpu_ns(self):
        return processes.cpu_ns(self.pid)

    def memory(self):
        return processes.memory(self.pid)

    def stop(self):
        processes.stop(self.process)
        self.said.close()
