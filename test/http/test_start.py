"""How it begins: where it can be reached, the code for a phone, the browser.

Each server that listens on all addresses lives in a network of its own
(unshare(1)), whose interfaces are made here: root may, and so may whoever may
have a user namespace.
"""
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from support import (HSTATIC, children, environment, folder, is_root, serving,
                     until, write)
from test_cli import Terminal

# Two interfaces, the ends of one cable; the second has an address that sorts
# before that of the first. The other two are up without a carrier, and down.
NETWORK = '''
ip link set lo up
ip link add d1 type veth peer name d0 && ip link add d2 type veth peer name d3
ip link set d0 up && ip link set d1 up && ip link set d2 up
ip addr add 192.0.2.9/24 dev d0 && ip addr add 192.0.2.1/24 dev d1
ip addr add 198.51.100.1/24 dev d2 && ip addr add 198.51.100.2/24 dev d3
ip addr add 169.254.7.7/16 dev d0
ip addr add 2001:db8::9/64 dev d0 nodad && ip addr add fd00::1/64 dev d1 nodad
'''
UNSHARE = ['unshare', '-n', '-m'] if is_root() else ['unshare', '-rnm']


def inside(*arguments, setup=NETWORK):
    """The command line of a server in a network of its own."""
    return [*UNSHARE, '/bin/sh', '-ec', setup + 'exec "$@"', 'sh',
            os.path.abspath(HSTATIC), *arguments]


def said(*arguments, setup=NETWORK, env=None):
    """What it says until it serves, on a pipe."""
    process = subprocess.Popen(
        inside(*arguments, setup=setup), stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True, env=env or environment())
    lines = []
    while 'serving' not in ''.join(lines):
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    process.send_signal(signal.SIGTERM)
    with process.stderr:
        rest = process.stderr.read()
    assert process.wait(20) == 0 and 'Sanitizer' not in rest, rest
    return ''.join(lines) + rest


class Screen(Terminal):
    def __init__(self, *arguments, size=(24, 80), env=None, setup=NETWORK):
        super().__init__(command=inside(*arguments, setup=setup), size=size,
                         env=env)

    def stop(self):
        os.write(self.fd, b'\x03')
        assert self.finish() == 0
        self.close()
        return self.text.replace('\r\n', '\n')


V4 = 'http://192.0.2.9:8080/', 'http://192.0.2.1:8080/'
V6 = 'http://[2001:db8::9]:8080/', 'http://[fd00::1]:8080/'
LOCAL = 'http://localhost:8080/',


@pytest.mark.parametrize('binds, urls', [
    ([], LOCAL),
    (['*'], LOCAL + V4 + V6),
    (['0.0.0.0'], LOCAL + V4),
    (['::'], LOCAL + V6),
    # Neither takes the other's port.
    (['0.0.0.0', '::'], LOCAL + V4 + V6),
    (['::', '0.0.0.0'], LOCAL + V6 + V4),
    (['192.0.2.1'], V4[1:]),
    (['[2001:db8::9]:81', '127.0.0.1'],
     ('http://127.0.0.1:8080/', 'http://[2001:db8::9]:81/')),
    (['[fe80::7%d0]'], ('http://[fe80::7%25d0]:8080/',)),
])
def test_all_reachable_urls_on_one_line(site, binds, urls):
    options = [word for bind in binds for word in ('-b', bind)]
    line = said(*options, site, setup=NETWORK +
                'ip addr add fe80::7/64 dev d0 nodad\n')
    assert line.count('\n') == 1
    assert ' at %s (' % ' '.join(urls) in line


def test_a_machine_of_many_addresses(site):
    setup = NETWORK + ''.join(
        'ip addr add 203.0.113.%d/24 dev d1\n' % i for i in range(1, 30))
    line = said('-b', '*', site, setup=setup)
    assert line.count('\n') == 1 and line.count('http://') == 12
    assert re.search(r' and \d+ more \(', line)
    assert 'http://192.0.2.9:8080/' in line


def test_a_name_with_several_addresses(site):
    setup = NETWORK + '''
    file=$(mktemp)
    echo '127.0.0.5 many.test\n127.0.0.6 many.test\n::1 many.test' > $file
    mount --bind $file /etc/hosts
    rm $file
    '''
    line = said('-b', 'many.test', '-p', '0', site, setup=setup)
    ports = re.findall(r'http://(\S+?):(\d+)/', line)
    assert {host for host, _ in ports} == {'127.0.0.5', '127.0.0.6', '[::1]'}
    assert len({port for _, port in ports}) == 1


def test_the_screen(site):
    screen = Screen('-b', '*', '-b', 'unix:@' + site, '-w', '2', '-v', site)
    screen.expect('http://localhost/')
    text = screen.stop()
    start = text[text.index('hstatic: serving'):]
    sandbox = re.search(r'  sandbox .*\n', start).group()
    assert start.startswith('''\
hstatic: serving %s
  local       http://localhost:8080/
  network     http://192.0.2.9:8080/
              http://192.0.2.1:8080/
              http://[2001:db8::9]:8080/
              http://[fd00::1]:8080/
  socket      unix:@%s
  workers     2
%s  Ctrl-C to stop
hstatic: try it: curl --abstract-unix-socket '%s' http://localhost/
''' % (site, site, sandbox, site)), text


# How the halves of a character show: the upper cell, the lower one.
HALVES = {' ': (0, 0), '▀': (1, 0), '▄': (0, 1), '█': (1, 1)}


def decode(lines, is_drawn_dark):
    """Photographs the code, and has it read by somebody else's reader."""
    rows = []
    for line in lines:
        cells = [HALVES[c] for c in line]
        rows += [[c[half] for c in cells] for half in (0, 1)]
    scale = 8
    pixels = b''.join(
        bytes((0 if cell == is_drawn_dark else 255)
              for cell in row for _ in range(scale)) * scale for row in rows)
    with folder() as place:
        path = write(place, 'code.pgm', b'P5 %d %d 255\n' % (
            len(rows[0]) * scale, len(rows) * scale) + pixels)
        return subprocess.run(
            ['zbarimg', '-q', '--raw', '--nodbus', path], timeout=30,
            capture_output=True, text=True, check=True).stdout.strip()


def code_of(text):
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if ' as a code' in line)
    return lines[begin + 1:]


def test_the_code_on_a_terminal(site):
    screen = Screen('-b', '0.0.0.0', '--qr', site)
    screen.expect(' as a code')
    text = screen.stop()
    assert text.count('\n') <= 24, 'more than a small screen'
    lines = [re.fullmatch(r'\033\[38;5;16;48;5;231m(.*)\033\[0m', line)
             for line in code_of(text)]
    assert decode([m.group(1) for m in lines if m], 1) == V4[0]


@pytest.mark.parametrize('env', [{'NO_COLOR': '1'}, {'TERM': 'dumb'}])
def test_the_code_without_colours(site, env):
    screen = Screen('-b', '[::]:8080', '--qr', site, env=env)
    screen.expect(' as a code')
    lines = [line for line in code_of(screen.stop()) if line[:1] == '█']
    assert decode(lines, 0) == V6[0]


def test_the_code_in_a_log(site):
    text = said('-b', '*', '--qr', site)
    assert '\033' not in text and decode(code_of(text), 0) == V4[0]


@pytest.mark.parametrize('columns, fits', [(29, True), (28, False)])
def test_the_code_on_a_narrow_terminal(site, columns, fits):
    screen = Screen('-b', '*', '--qr', site, size=(24, columns))
    screen.expect('code')
    text = screen.stop()
    assert ('▀' in text) == fits
    assert fits or 'wants 29 columns' in text


@pytest.mark.parametrize('options', [[], ['-b', 'unix:@hstatic-qr-test'],
                                     ['-b', '127.0.0.7', '-b', '::1']])
def test_no_code_that_is_of_no_use(site, options):
    text = said('--qr', *options, site)
    assert '▀' not in text and "-b '*'" in text
    assert text.count('\n') == 2


def test_a_quiet_server_prints_no_code(site):
    process = subprocess.Popen(inside('-q', '-b', '*', '--qr', '-o', site),
                               stderr=subprocess.PIPE, env=environment())
    def listens():
        with open('/proc/%d/net/tcp6' % process.pid) as f:
            return ':1F90 ' in f.read()
    until(lambda: listens() and children(process.pid), 'workers')
    process.terminate()
    assert process.communicate(timeout=20)[1] == b''


# A browser that notes how it was started, then ends as it is told to.
# A shell looks at the signals, as Python itself ignores some.
BROWSER = '''#!/bin/sh
IGNORED=$(/bin/sed -n 's/^SigIgn:.//p' /proc/self/status)
export IGNORED
exec %s NOTER "$@"
''' % sys.executable
NOTER = '''
import json, os, resource, signal, sys
fds = sorted(int(n) for n in os.listdir('/proc/self/fd'))
links = {}
for n in fds:
    try:
        links[n] = os.readlink('/proc/self/fd/%d' % n)
    except OSError:
        pass
with open('/proc/self/status') as f:
    status = dict(line.split(':\\t', 1) for line in f)
note = {'argv': sys.argv[1:], 'links': links, 'cwd': os.getcwd(),
        'sid': os.getsid(0), 'pid': os.getpid(), 'ignored': os.environ['IGNORED'],
        'blocked': status['SigBlk'], 'ppid': os.getppid(),
        'limit': resource.getrlimit(resource.RLIMIT_NOFILE)[0]}
path = os.environ['NOTE']
with open(path + '.new', 'w') as f:
    json.dump(note, f)
os.rename(path + '.new', path)
sys.exit(int(os.environ.get('ENDS_WITH', 0)))
'''


class Desktop:
    """A PATH of its own, where only the programs named are found."""

    def __init__(self, place, *names, **env):
        self.place, self.note = place, os.path.join(place, 'note')
        os.mkdir(os.path.join(place, 'bin'))
        noter = write(place, 'noter.py', NOTER)
        for name in names:
            os.chmod(write(place, 'bin', name,
                           BROWSER.replace('NOTER', noter)), 0o755)
        self.env = environment(PATH=os.path.join(place, 'bin'),
                               NOTE=self.note, **env)
        for name in ('DISPLAY', 'WAYLAND_DISPLAY', 'BROWSER'):
            if name not in env:
                self.env.pop(name, None)

    def seen(self):
        until(lambda: os.path.exists(self.note), 'the browser')
        with open(self.note) as f:
            return json.load(f)


def test_open(site):
    with folder() as place, open('/dev/zero') as extra:
        desktop = Desktop(place, 'xdg-open', DISPLAY=':0')
        os.set_inheritable(extra.fileno(), True)
        with serving(site, '--open', env=desktop.env, cwd=place) as server:
            note = desktop.seen()
            # It is reaped: no zombie is left.
            until(lambda: not os.path.exists('/proc/%d' % note['pid']),
                  'the browser to be reaped')
            assert server.log().count('\n') == 1
        assert note['argv'] == ['http://127.0.0.1:%d/' % server.port]
        # Python's own descriptor of the folder is the fourth.
        links = [link for link in note['links'].values()
                 if not link.startswith('/proc/')]
        assert links == ['/dev/null'] * 3
        assert note['sid'] == note['pid'] and note['ppid'] == server.pid
        assert note['cwd'] == place
    # The C library ignores two signals of its own, 32 and 33; what we were
    # started with (nohup ignores SIGHUP) is not ours to change. Python ignores
    # SIGPIPE, and does not pass that on.
    for number in (signal.SIGPIPE, signal.SIGUSR1, signal.SIGUSR2,
                   signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        is_inherited = number != signal.SIGPIPE and \
            signal.getsignal(number) == signal.SIG_IGN
        is_ignored = bool(int(note['ignored'], 16) >> (number - 1) & 1)
        assert is_ignored == is_inherited, number
    assert int(note['blocked'], 16) == 0


def test_open_gives_the_limit_back(site):
    with folder() as place:
        desktop = Desktop(place, 'xdg-open', WAYLAND_DISPLAY='w')
        process = subprocess.Popen(
            ['/bin/sh', '-c', 'ulimit -S -n 200; exec "$@"', 'sh',
             os.path.abspath(HSTATIC), '-o', '-p0', site], env=desktop.env,
            stderr=subprocess.PIPE)
        assert desktop.seen()['limit'] == 200
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == 0


# The browsers that there are, the variables, and what is run with which words.
@pytest.mark.parametrize('names, env, argv', [
    (['xdg-open', 'b'], {'DISPLAY': ':0', 'BROWSER': 'b'}, ['URL']),
    (['b'], {'DISPLAY': ':0', 'BROWSER': 'b'}, ['URL']),
    (['b'], {'BROWSER': 'b'}, ['URL']),
    (['b'], {'BROWSER': 'none:b -x  y:c'}, ['-x', 'y', 'URL']),
    (['b'], {'BROWSER': 'b --to=%s -z'}, ['--to=URL', '-z']),
    # No shell reads it.
    (['b'], {'BROWSER': 'b $(reboot) ;x>y'}, ['$(reboot)', ';x>y', 'URL']),
])
def test_which_browser(site, names, env, argv):
    with folder() as place:
        desktop = Desktop(place, *names, **env)
        with serving(site, '-o', env=desktop.env) as server:
            url = 'http://127.0.0.1:%d/' % server.port
            assert desktop.seen()['argv'] == [
                word.replace('URL', url) for word in argv]


@pytest.mark.parametrize('names, env, words', [
    ([], {}, 'there is no display'),
    (['xdg-open'], {'DISPLAY': ''}, 'there is no display'),
    ([], {'DISPLAY': ':0'}, 'xdg-open: No such file'),
    ([], {'BROWSER': 'none: :'}, '$BROWSER: No such file'),
    ([], {'BROWSER': 'b ' + 'x ' * 20}, '$BROWSER: Argument list too long'),
    ([], {'BROWSER': 'b' * 5000}, '$BROWSER: Argument list too long'),
    (['xdg-open'], {'DISPLAY': ':0', 'ENDS_WITH': '3'}, 'with status 3'),
])
def test_a_browser_that_cannot_be_opened(site, names, env, words):
    with folder() as place:
        desktop = Desktop(place, *names, **env)
        with serving(site, '-o', env=desktop.env) as server:
            until(lambda: server.log().count('\n') > 1, 'a second line')
            line = server.log().splitlines()[1]
            assert '--open: ' in line and words in line
            assert 'http://127.0.0.1:%d/' % server.port in line
            assert server.process.poll() is None


def test_open_of_a_unix_socket(site):
    with folder() as place:
        desktop = Desktop(place, 'xdg-open', DISPLAY=':0')
        with serving(site, '-o', bind='unix:@hstatic-open-test',
                     env=desktop.env) as server:
            until(lambda: 'cannot open a Unix socket' in server.log(), 'words')


def test_ctrl_c_while_a_name_is_looked_up(site):
    setup = NETWORK + '''
    file=$(mktemp)
    echo 'nameserver 192.0.2.77' > $file
    mount --bind $file /etc/resolv.conf
    rm $file
    '''
    # A shell's background jobs, such as this may be one, ignore SIGINT.
    process = subprocess.Popen(
        ['env', '--default-signal=INT'] +
        inside('-b', 'slow.test', site, setup=setup),
        stderr=subprocess.PIPE, env=environment())

    def asks():
        try:
            with open('/proc/%d/net/udp' % process.pid) as f:
                return ':0035 ' in f.read()
        except OSError:
            return False
    until(asks, 'a question to the name server')
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=4)
    assert process.returncode == -signal.SIGINT


def test_a_stray_variable_is_a_warning(site):
    env = environment(HSTATIC_PROT='1', HSTATIC_SANDBOX_KILLS='1')
    text = said(site, env=env)
    assert text.count('\n') == 2 and 'did you mean HSTATIC_PORT?' in text
