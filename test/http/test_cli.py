"""The command line: what it accepts, what it says, how it ends. Exit codes:
0; 1 when the server cannot begin or go on; 2 for a mistake in its use.
"""
import errno
import fcntl
import os
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import warnings

import pytest

from support import (HSTATIC, HSTATIC_PLAIN, NOBODY, Client, Server,
                     environment, fetch, folder, free_port, is_root,
                     serving, until, write)


def run(*arguments, env=None, cwd=None, binary=HSTATIC):
    """Runs it to its end, which must come by itself."""
    return subprocess.run(
        [os.path.abspath(binary), *arguments], capture_output=True, text=True,
        timeout=20, stdin=subprocess.DEVNULL, cwd=cwd,
        env=env or environment())


def check_usage(result, *words):
    """A mistake: 2, one line on standard error that says what to do."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ''
    assert result.stderr.startswith('hstatic: ')
    assert result.stderr.count('\n') == 1
    for word in words:
        assert word in result.stderr


def check_failure(result, *words):
    assert result.returncode == 1, result.stderr
    assert result.stdout == ''
    assert result.stderr.startswith('hstatic: ')
    for word in words:
        assert word in result.stderr
    assert 'Sanitizer' not in result.stderr


def test_port_0_picks_a_free_one(site, serve):
    first, second = serve(site), serve(site)
    assert first.port != second.port and min(first.port, second.port) > 0
    assert fetch(first).status == fetch(second).status == 404


def test_a_taken_port_names_its_holder(site, serve):
    holder = serve(site)
    result = run('-b', '127.0.0.1', '-p', str(holder.port), site)
    check_failure(result, str(holder.port), 'hstatic', str(holder.pid),
                  '--port')
    assert fetch(holder).status == 404


def test_a_port_that_another_program_holds(site):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        port = s.getsockname()[1]
        result = run('-b', '127.0.0.1', '-p', str(port), site)
    check_failure(result, str(port), 'already in use', str(os.getpid()))


def test_a_port_that_only_one_family_has_free(site):
    """Nothing is served at half of what was asked for."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        port = s.getsockname()[1]
        check_failure(run('-p', str(port), site), str(port))


def test_a_missing_directory(site):
    check_failure(run('-p', '0', site + '/none'), site + '/none',
                  'no such directory')


def test_a_file_is_no_directory(site):
    path = write(site, 'file.txt', 'x')
    check_failure(run('-p', '0', path), path, 'not a directory')


def test_an_unreadable_directory(site):
    """As root nothing is unreadable: then the server runs as nobody."""
    os.chmod(site, 0o000)
    server = Server(site, user=NOBODY if is_root() else None)
    assert server.wait() == 1
    log = server.log()
    server.finish(status=1)
    assert site in log and 'Permission denied' in log
    os.chmod(site, 0o755)


@pytest.mark.parametrize('flag, suggestion', [
    ('--prot', '--port'),
    ('--por', '--port'),
    ('--idle-timeuot=3', '--idle-timeout'),
    ('--Root', '--root'),
    ('--verison', '--version'),
])
def test_an_unknown_flag_suggests_the_nearest(site, flag, suggestion):
    check_usage(run(flag, site), flag.split('=')[0],
                'did you mean %s?' % suggestion)


@pytest.mark.parametrize('flag', ['--xyzzy', '-Z', '--', '-'])
def test_a_flag_like_none_of_ours(site, flag):
    if flag in ('--', '-'):
        # "-" is a name like any other, and after "--" all are names.
        check_failure(run('-p0', flag, *(['-'] if flag == '--' else []),
                          cwd=site), '-: there is no such directory')
    else:
        check_usage(run(flag, site), flag, '--help')


@pytest.mark.parametrize('arguments, words', [
    (['--port', '65536'], ['--port', '65536', '65535']),
    (['--port', '-1'], ['--port', '-1']),
    (['--port', 'http'], ['--port', 'http']),
    (['--port', ''], ['--port']),
    (['--port', '80 '], ['--port']),
    (['--port=8080x'], ['--port', '8080x']),
    (['--port', '18446744073709551617'], ['--port']),
    (['-p', '0x50'], ['--port']),
    (['--port'], ['--port', 'value']),
    (['-p'], ['-p', 'value']),
    (['--workers', '0'], ['--workers', '1']),
    (['--sandbox', 'maybe'], ['--sandbox', 'maybe', 'require']),
    (['--loop', 'poll'], ['--loop', 'poll', 'epoll', 'uring']),
    (['--cache', '1Q'], ['--cache', '1Q']),
    (['--cache', 'K'], ['--cache']),
    (['--cache', '99999999999G'], ['--cache']),
    (['--quiet=yes'], ['--quiet', 'no value']),
    (['--head-timeout', '0'], ['--head-timeout', '1']),
    (['--root', ''], ['--root', 'empty']),
    (['--request-line-max', '16K', '--head-max', '8K'], ['--head-max']),
    (['one', 'two'], ['one', 'two']),
])
def test_a_bad_value(arguments, words):
    check_usage(run(*arguments), *words)


@pytest.mark.parametrize('address', [
    ':8080', '[::1', '[::1]8080', '127.0.0.1:', '127.0.0.1:65536',
    '127.0.0.1:80x', '', 'unix:', 'unix:' + 'x' * 200,
])
def test_a_bad_address_is_a_mistake_in_use(site, address):
    result = run('-p', '0', '-b', address, site)
    assert result.returncode == 2, result.stderr
    assert result.stderr.startswith('hstatic: ')
    assert '--bind' in result.stderr and result.stderr.count('\n') == 1


@pytest.mark.parametrize('address', ['name.invalid', '300.1.1.1'])
def test_a_host_that_does_not_exist(site, address):
    check_failure(run('-p', '0', '-b', address, site), address)


def test_an_address_of_another_machine(site):
    check_failure(run('-p', '0', '-b', '192.0.2.1', site), '192.0.2.1',
                  '--bind')


def test_help():
    result = run('--help')
    assert result.returncode == 0 and result.stderr == ''
    assert run('-h').stdout == result.stdout
    for line in result.stdout.splitlines():
        assert len(line) <= 80, line
        assert line == line.rstrip(), 'white space ends %r' % line
    for flag in ('--port', '--bind', '--root', '--workers', '--version'):
        assert flag in result.stdout
    assert 'Usage: hstatic' in result.stdout


def test_help_of_explain():
    result = run('explain', '--help')
    assert result.returncode == 0 and 'Usage: hstatic explain' in result.stdout
    assert run('explain').returncode == 2
    assert run('explain', '.', 'GET').returncode == 2
    assert run('explain', '/nonexistent', 'GET', '/').returncode == 1


def test_version():
    result = run('--version')
    assert result.returncode == 0 and result.stderr == ''
    assert re.match(r'hstatic \d+\.\d+', result.stdout)
    assert run('-V').stdout == result.stdout


def test_help_and_version_need_no_directory():
    for flag in ('--help', '--version'):
        assert run(flag, '/nonexistent').returncode == 0


# What wins: a flag, then HSTATIC_*, then PORT and HOST, then the default.
@pytest.mark.parametrize('name', ['flag', 'variable', 'common'])
def test_the_port_comes_from_the_flag_then_the_environment(site, name):
    ports = {'flag': free_port(), 'variable': free_port(),
             'common': free_port()}
    env, options = environment(PORT=str(ports['common'])), []
    if name != 'common':
        env['HSTATIC_PORT'] = str(ports['variable'])
    if name == 'flag':
        options = ['--port', str(ports['flag'])]
    with serving(site, *options, port=None, env=env) as server:
        assert server.port == ports[name]


@pytest.mark.parametrize('name, host', [
    ('flag', '127.0.0.2'), ('variable', '127.0.0.3'), ('common', '127.0.0.4'),
])
def test_the_host_comes_from_the_flag_then_the_environment(site, name, host):
    env, flag = environment(HOST='127.0.0.4'), None
    if name != 'common':
        env['HSTATIC_BIND'] = '127.0.0.3'
    if name == 'flag':
        flag = '127.0.0.2'
    with serving(site, bind=flag, env=env) as server:
        assert 'http://%s:%d/' % (host, server.port) in server.log()
        assert len(re.findall(r'http://', server.log())) == 1


def test_other_variables(site):
    write(site, 'index.html', 'variable')
    env = environment(HSTATIC_ROOT=site, HSTATIC_WORKERS='3', HSTATIC_PORT='',
                      PORT='')
    with serving('.', env=env) as server:
        # The argument DIR is a flag's equal, and wins.
        assert 'serving . at' in server.log()
        assert len(server.workers()) == 3
    check_usage(run(env=environment(HSTATIC_PORT='x')), 'x', 'port')
    check_usage(run(env=environment(PORT='x')), 'PORT', 'x')
    check_usage(run(env=environment(HSTATIC_WORKERS='0')), 'workers')


def test_the_root_has_three_names(site):
    write(site, 'index.html', 'here')
    for options in (['--root=' + site], ['-r', site], ['-d', site],
                    ['--root', '/nonexistent', site]):
        *rest, last = options
        with serving(last, *rest) as server:
            assert fetch(server).body == b'here'


def test_the_working_directory_is_the_default(site):
    write(site, 'index.html', 'default')
    with serving('-v', cwd=site) as server:
        assert fetch(server).body == b'default'


def test_a_directory_called_like_a_subcommand(site):
    write(site, 'explain/index.html', 'a directory')
    with serving('./explain', cwd=site) as server:
        assert fetch(server).body == b'a directory'


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(('::1', 0))
        return True
    except OSError:
        return False


def ask(family, address):
    with socket.socket(family) as s:
        s.settimeout(10)
        s.connect(address)
        s.sendall(b'GET / HTTP/1.0\r\nHost: x\r\n\r\n')
        answer = b''
        while True:
            data = s.recv(65536)
            if not data:
                return answer
            answer += data


def test_bind_with_a_port_of_its_own(site):
    write(site, 'index.html', 'x')
    port = free_port()
    with serving(site, bind='127.0.0.1:%d' % port) as server:
        assert server.port == port and fetch(server).status == 200


def test_bind_ipv6(site):
    write(site, 'index.html', 'six')
    if not has_ipv6():
        warnings.warn('IPv6 not tried: this machine has no ::1')
        return
    for text in ('[::1]', '[::1]:0', '::1'):
        with serving(site, bind=text) as server:
            assert 'http://[::1]:%d/' % server.port in server.log()
            assert ask(socket.AF_INET6,
                       ('::1', server.port)).endswith(b'six')
    with serving(site, bind=None) as server:
        # localhost is both, on one port.
        assert 'http://localhost:%d/' % server.port in server.log()
        assert ask(socket.AF_INET6, ('::1', server.port)).endswith(b'six')
        assert fetch(server).body == b'six'


def test_bind_twice(site):
    write(site, 'index.html', 'x')
    ports = [free_port(), free_port()]
    with serving(site, '-b', '127.0.0.2:%d' % ports[1],
                 bind='127.0.0.1:%d' % ports[0]) as server:
        for host, port in zip(('127.0.0.1', '127.0.0.2'), ports):
            assert 'http://%s:%d/' % (host, port) in server.log()
            assert b' 200 ' in ask(socket.AF_INET, (host, port))


def test_bind_twice_to_the_same(site):
    check_failure(run('-b', '127.0.0.1:%d' % free_port(), '-b',
                      '127.0.0.1:%d' % 0, '-b', '192.0.2.1', site))


def test_bind_a_unix_socket(site):
    write(site, 'index.html', 'unix')
    with folder() as place:
        path = os.path.join(place, 'socket')
        with serving(site, bind='unix:' + path) as server:
            assert 'unix:' + path in server.log()
            assert ask(socket.AF_UNIX, path).endswith(b'unix')
            # A live one is not taken away from its server.
            check_failure(run('-b', 'unix:' + path, site), path,
                          'already in use')
            assert ask(socket.AF_UNIX, path).endswith(b'unix')
        assert not os.path.exists(path), 'the socket file is left behind'


def test_a_stale_unix_socket_is_replaced(site):
    write(site, 'index.html', 'unix')
    with folder() as place:
        path = os.path.join(place, 'socket')
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
        with serving(site, bind='unix:' + path):
            assert ask(socket.AF_UNIX, path).endswith(b'unix')


def test_a_file_in_place_of_a_unix_socket_is_kept(site):
    with folder() as place:
        path = write(place, 'precious', 'data')
        check_failure(run('-b', 'unix:' + path, site), path)
        with open(path) as f:
            assert f.read() == 'data'


def test_the_start_line_is_one_line(site):
    with serving(site) as server:
        line = server.log()
        assert line.count('\n') == 1 and line.startswith('hstatic: ')
        for word in (site, 'http://127.0.0.1:%d/' % server.port, 'sandbox'):
            assert word in line


def test_the_sandbox_is_on_by_default(site):
    with serving(site, binary=HSTATIC_PLAIN) as server:
        assert 'landlock + seccomp' in server.log()
    with serving(site, '--sandbox=off') as server:
        assert re.search(r'sandbox: off', server.log())


class Terminal:
    """A server on a terminal of its own, as a user has it."""

    def __init__(self, *arguments, command=None, size=(24, 80), env=None):
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, size)

        def adopt():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            command or [os.path.abspath(HSTATIC), *arguments], stdin=slave,
            stdout=slave, stderr=slave, preexec_fn=adopt,
            env={**environment(TERM='xterm'), **(env or {})})
        os.close(slave)
        self.fd, self.text = master, ''

    def read(self, patience):
        """Takes in what the server says; False when it says nothing."""
        if not select.select([self.fd], [], [], patience)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError as error:
            assert error.errno == errno.EIO   # its last process has gone
            return False
        self.text += data.decode(errors='replace')
        return len(data) > 0

    def expect(self, words):
        until(lambda: words in self.text or self.read(0.1) and
              words in self.text, words)

    def close(self):
        """Hangs up: whoever still holds the terminal gets SIGHUP."""
        os.close(self.fd)
        self.fd = None

    def finish(self):
        try:
            status = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        while self.fd is not None and self.read(0):
            pass
        assert 'Sanitizer' not in self.text, self.text
        return status


def test_on_a_terminal_the_start_message_has_several_lines(site):
    terminal = Terminal('-p', '0', '-b', '127.0.0.1', site)
    terminal.expect('Ctrl-C to stop')
    lines = terminal.text.strip().splitlines()
    assert len(lines) >= 3
    assert re.search(r'http://127\.0\.0\.1:\d+/', terminal.text)
    assert site in terminal.text and 'sandbox' in terminal.text
    os.write(terminal.fd, b'\x03')
    assert terminal.finish() == 0
    terminal.close()


def test_closing_the_terminal_stops_it(site):
    terminal = Terminal('-p', '0', '-b', '127.0.0.1', site)
    terminal.expect('Ctrl-C to stop')
    terminal.close()
    status = terminal.finish()
    assert status in (0, -signal.SIGHUP)


def test_quiet_says_nothing(site):
    write(site, 'index.html', 'x')
    port = free_port()
    server = Server(site, '-q', port=str(port))

    def connects():
        try:
            Client(port).close()
            return True
        except ConnectionRefusedError:
            return False

    try:
        until(connects, 'the port to open')
        assert fetch(port).status == 200
        server.signal(signal.SIGHUP)
        assert fetch(port).status == 200
    finally:
        log = server.finish()
    assert log == ''


def test_standard_output_stays_empty(site):
    port = str(free_port())
    process = subprocess.Popen(
        [os.path.abspath(HSTATIC), '-b', '127.0.0.1', '-p', port, site],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert b'serving' in process.stderr.readline()
    process.terminate()
    out, _ = process.communicate(timeout=20)
    assert out == b'' and process.returncode == 0


def test_with_standard_streams_closed(site):
    """Descriptors 0 to 2 must not become sockets that get log lines."""
    write(site, 'index.html', 'x')
    port = free_port()
    command = ('exec "$0" -b 127.0.0.1 -p %d "$1" <&- >&- 2>&-' % port)
    process = subprocess.Popen(['/bin/sh', '-c', command,
                                os.path.abspath(HSTATIC), site],
                               env=environment())
    try:
        def answers():
            try:
                return fetch(port).body == b'x'
            except (ConnectionError, OSError):
                return False
        until(answers, 'an answer')
        process.terminate()
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()

