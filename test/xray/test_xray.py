"""`hstatic xray`: what it shows of a running server agrees with ss, names what
is wrong, and is for the server's own user alone where it must be.
"""
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import threading
import time

import pytest

from support import (HSTATIC_PLAIN, NOBODY, PATIENCE, Client, environment,
                     is_root, request, serving, until)

BIG = 64 << 20


@pytest.fixture
def root():
    """Where other users may go, too."""
    with tempfile.TemporaryDirectory(prefix='hstatic-xray-') as path:
        os.chmod(path, 0o755)
        with open(os.path.join(path, 'index.html'), 'w') as f:
            f.write('hello\n')
        with open(os.path.join(path, 'big.iso'), 'wb') as f:
            f.truncate(BIG)
        yield path


def xray(*args, prefix=(), **more):
    return subprocess.run([*prefix, HSTATIC_PLAIN, 'xray', *map(str, args)],
                          text=True, capture_output=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, env=environment(), **more)


def look(server):
    ran = xray('--json', server.pid)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen['version'] == 1 and seen['master'] == server.pid
    return seen


def of_client(seen, client):
    name = '127.0.0.1:%d' % client.sock.getsockname()[1]
    found = [c for c in seen['connections'] if c['peer'] == name]
    assert len(found) == 1, (name, seen['connections'])
    return found[0]


def test_what_each_connection_does(root):
    with serving(root, '-w', '1') as server, \
            Client(server) as idle, Client(server) as half, \
            Client(server) as body, Client(server, 65536) as stalled:
        assert idle.get('/').status == 200
        half.send(b'GET / HTT')
        body.send(b'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n12')
        stalled.send(request('/big.iso'))
        until(lambda: of_client(look(server), stalled)['tx_queue'] > 0,
              'the stalled client')
        seen = look(server)
        does = {name: of_client(seen, c) for name, c in (
            ('idle', idle), ('half', half), ('body', body),
            ('stalled', stalled))}
        assert does['idle']['doing'] == 'idle'
        assert does['half']['doing'] == 'reading a head'
        assert does['body']['doing'] == 'reading a body'
        assert does['stalled']['doing'] == 'sending'
        assert does['stalled']['file'] == 'big.iso'
        assert 0 <= does['stalled']['percent'] < 100
        assert re.fullmatch(r'sending /big.iso \d+ %',
                            does['stalled']['words'])
        assert seen['states']['ESTAB'] == 4
        worker, = seen['workers']
        assert worker['pid'] == server.workers()[0]
        assert worker['connections'] == 4 and worker['is_publishing']
        assert {c['worker'] for c in does.values()} == {worker['pid']}
        listener, = seen['listeners']
        assert listener['address'] == '127.0.0.1:%d' % server.port
        # The state is left behind with the connection.
        half.close()
        until(lambda: look(server)['workers'][0]['connections'] == 3,
              'one connection less')


def ss_rows(port):
    """{peer: facts} as `ss -tinm` tells them; '*' is the listener."""
    said = subprocess.run(
        ['ss', '-tanimOH', '( sport = :%d )' % port], check=True, text=True,
        capture_output=True, timeout=PATIENCE).stdout
    rows = {}
    for line in said.splitlines():
        words = line.split()
        facts = dict(re.findall(r'\b(rtt|cwnd|retrans|bytes_sent|'
                                r'bytes_received|mss):([\d./]+)', line))
        key = '*' if words[0] == 'LISTEN' else words[4]
        rows[key] = {'state': words[0], 'queues': words[1:3], **facts}
    return rows


def agrees(ours, theirs):
    """Of a connection that nothing happens on, all of it."""
    rtt = theirs['rtt'].split('/')
    return (ours['state'] == theirs['state'] and
            [str(ours['rx_queue']), str(ours['tx_queue'])] ==
            theirs['queues'] and
            abs(ours['rtt_us'] - float(rtt[0]) * 1000) < 1 and
            abs(ours['rttvar_us'] - float(rtt[1]) * 1000) < 1 and
            ours['cwnd'] == int(theirs['cwnd']) and
            ours['mss'] == int(theirs['mss']) and
            ours['retransmits'] ==
            int(theirs.get('retrans', '0/0').split('/')[1]) and
            ours['bytes_sent'] == int(theirs.get('bytes_sent', 0)) and
            ours['bytes_received'] == int(theirs.get('bytes_received', 0)))


def test_agrees_with_ss_under_load(root):
    with serving(root, '-w', '1') as server:
        stop = threading.Event()

        def load():
            with Client(server) as c:
                while not stop.is_set():
                    assert c.get('/').status == 200

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            with Client(server) as idle, Client(server, 65536) as stalled:
                assert idle.get('/').status == 200
                stalled.send(request('/big.iso'))
                quiet = ['127.0.0.1:%d' % c.sock.getsockname()[1]
                         for c in (idle, stalled)]

                def both():
                    """The kernel's own timers may fire between two looks."""
                    theirs, seen = ss_rows(server.port), look(server)
                    ours = {c['peer']: c for c in seen['connections']}
                    assert set(ours) == set(theirs) - {'*'}
                    listener, = seen['listeners']
                    assert theirs['*']['queues'] == [
                        str(listener['queue']), str(listener['backlog'])]
                    return all(agrees(ours[q], theirs[q]) for q in quiet)
                until(both, 'xray and ss to agree')
                assert len(look(server)['connections']) == 6
        finally:
            stop.set()
            for thread in threads:
                thread.join()


# Runs in a network namespace of its own, where somaxconn is 4.
STALLED = r'''
import json, os, signal, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
from support import HSTATIC_PLAIN, serving, until
with serving(sys.argv[2], '-w', '1') as server:
    worker, = server.workers()
    os.kill(worker, signal.SIGSTOP)
    clients = []
    for _ in range(10):
        s = socket.socket()
        s.setblocking(False)
        try:
            s.connect(('127.0.0.1', server.port))
        except BlockingIOError:
            pass
        clients.append(s)
    out = subprocess.run([HSTATIC_PLAIN, 'xray', '--json'],
                         capture_output=True, timeout=20)
    os.kill(worker, signal.SIGCONT)
    for s in clients:
        s.close()
sys.stdout.write(out.stdout.decode())
'''


def test_stalled_worker_is_diagnosed(root):
    here = os.path.dirname(os.path.abspath(__file__))
    ran = subprocess.run(
        ['unshare', '-U', '-r', '-n', 'sh', '-c',
         'ip link set lo up && echo 4 >/proc/sys/net/core/somaxconn && '
         'exec /usr/bin/python3 -c "$@"', 'sh', STALLED,
         os.path.join(here, '..', 'http'), str(root)],
        capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    words = [d['words'] for d in seen['diagnoses'] if d['grave']]
    assert re.fullmatch(
        r'127.0.0.1:\d+: accept queue 5/4: clients are being refused; '
        r'the worker is stopped', words[0]), words
    assert any(re.match(r'worker \d+ is stopped \(state T\)', w)
               for w in words)
    assert any(d['words'].endswith('somaxconn caps backlog 65535 to 4')
               for d in seen['diagnoses'])
    assert (seen['listeners'][0]['queue'],
            seen['listeners'][0]['backlog']) == (5, 4)
    assert seen['namespace']['ListenOverflows'] >= 5


def test_other_users(root):
    if not is_root():
        return  # nobody to be but oneself
    nobody = ('setpriv', '--reuid', str(NOBODY), '--clear-groups')
    with serving(root, '-w', '1') as server, Client(server) as client:
        assert client.get('/').status == 200
        seen = json.loads(
            xray('--json', server.pid, prefix=nobody).stdout)
        assert seen['complete'] is False and seen['workers'] == []
        assert 'doing' not in of_client(seen, client)
        assert of_client(seen, client)['rtt_us'] > 0
        said = xray('--once', server.pid, prefix=nobody).stdout
        assert "of another user's server only the sockets are shown" in said
    # The other way round: root may see a server of nobody's.
    with serving(root, '-w', '1', user=NOBODY) as server, \
            Client(server) as client:
        assert client.get('/').status == 200
        assert of_client(look(server), client)['doing'] == 'idle'


def test_after_a_roll(root):
    with serving(root, '-w', '2') as server, Client(server) as client:
        assert client.get('/').status == 200
        old = set(server.workers())
        assert {w['pid'] for w in look(server)['workers']} == old
        server.signal(signal.SIGHUP)
        until(lambda: len(server.workers()) == 2 and
              not old & set(server.workers()), 'new workers')
        until(lambda: {w['pid'] for w in look(server)['workers']} ==
              set(server.workers()), 'their parts of the page')
        assert of_client(look(server), client)['doing'] == 'idle'


def test_killed_worker_leaves_the_page(root):
    with serving(root, '-w', '1', may_lose_workers=True) as server:
        worker, = server.workers()
        os.kill(worker, signal.SIGKILL)
        until(lambda: [w['pid'] for w in look(server)['workers']] ==
              server.workers() != [worker], 'the next worker alone')


def test_which_server(root):
    """In a namespace of its own, where nobody else's servers are."""
    script = r'''
import subprocess, sys
sys.path.insert(0, sys.argv[1])
from support import HSTATIC_PLAIN, serving
def xray(*args):
    ran = subprocess.run([HSTATIC_PLAIN, 'xray', '--once', *args], text=True,
                         capture_output=True, timeout=20)
    return ran.returncode, ran.stdout, ran.stderr
status, out, err = xray()
assert status == 1 and 'no hstatic runs' in err, err
with serving(sys.argv[2], '-w', '1') as one:
    status, out, err = xray()
    assert status == 0 and 'hstatic %d ' % one.pid in out, err
    with serving(sys.argv[2], '-w', '1') as two:
        status, out, err = xray()
        assert status == 1 and 'there are 2 servers: say which' in err, err
        for server in one, two:
            assert 'hstatic xray %d\n' % server.pid in err
        status, out, err = xray(str(two.pid))
        assert status == 0 and ':%d ' % two.port in out, err
'''
    here = os.path.dirname(os.path.abspath(__file__))
    ran = subprocess.run(
        ['unshare', '-U', '-r', '-n', 'sh', '-c',
         'ip link set lo up && exec /usr/bin/python3 -c "$@"', 'sh', script,
         os.path.join(here, '..', 'http'), str(root)],
        capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr


def test_mistakes():
    for args, status, words in (
            (('x',), 2, 'x is no number of a process'),
            (('0',), 2, '0 is no number of a process'),
            (('1', '2'), 2, ''),
            (('--live',), 2, 'no option --live'),
            (('--once', str(os.getpid())), 1, 'no hstatic with the process')):
        ran = xray(*args)
        assert ran.returncode == status and words in ran.stderr, args
        assert ran.stdout == ''
    assert 'Usage: hstatic xray' in xray('--help').stdout


def test_door_of_somebody_else():
    """An abstract name is anybody's to take; who stands there is looked at."""
    import socket
    with subprocess.Popen(['sleep', '60']) as sleeper:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
            door.bind('\0hstatic/xray/%d' % sleeper.pid)
            door.listen()
            ran = xray('--once', sleeper.pid)
        sleeper.kill()
    assert ran.returncode == 1
    assert 'somebody else stands at the door' in ran.stderr


def test_terminal(root):
    with serving(root, '-w', '1') as server, Client(server) as client:
        assert client.get('/').status == 200
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(TERM='xterm', LINES='24', COLUMNS='100')
            os.execv(HSTATIC_PLAIN,
                     [HSTATIC_PLAIN, 'xray', str(server.pid)])
        said = b''

        def until_said(words):
            nonlocal said
            end = time.monotonic() + PATIENCE
            while not re.search(words, said):
                assert time.monotonic() < end, said
                if select.select([terminal], [], [], 0.2)[0]:
                    said += os.read(terminal, 65536)
        until_said(rb'LISTENER')
        until_said(rb'sort: state')
        until_said(rb'idle \d+ s')      # the second look: it is published
        os.write(terminal, b's')
        until_said(rb'round trip')
        os.write(terminal, b'fCLOSE-WAIT\n')
        until_said(rb'CLOSE-WAIT  p')
        os.write(terminal, b'q')
        until_said(rb'\x1b\[\?1049l')   # the screen as it was before
        assert os.waitpid(pid, 0)[1] == 0
        os.close(terminal)


def test_nobody_watches(root):
    """A worker that nobody looks at is not woken by the page."""
    with serving(root, '-w', '1') as server:
        worker, = server.workers()

        def wakings():
            with open('/proc/%d/status' % worker) as f:
                return int(re.search(r'^voluntary_ctxt_switches:\s+(\d+)',
                                     f.read(), re.M)[1])
        look(server)
        until(lambda: not look_stale(server, wakings), 'quiet')


def look_stale(server, wakings):
    """Was it woken within a second? While watched it is, twice."""
    before = wakings()
    time.sleep(1)
    return wakings() - before > 0
