"""`hstatic lab`: every chapter holds on this kernel, its JSON says so with
calls, evidence and segments; a claim that is wrong is noticed; what it shows
is what ss and nstat show on the same stage.
"""
import json
import os
import pty
import re
import select
import subprocess
import time

import pytest

from support import HSTATIC_PLAIN, PATIENCE, environment

CHAPTERS = ('socket write-closed bind listen handshake backlog queues accept '
            'close reset server http').split()
# Those that wait for the kernel's own timers.
SLOW = ('backlog', 'close')


def lab(*args, env=None, **more):
    return subprocess.run([HSTATIC_PLAIN, 'lab', *args], text=True,
                          capture_output=True, timeout=60,
                          stdin=subprocess.DEVNULL,
                          env=env or environment(), **more)


def steps(chapter, kind):
    return [s for c in chapter['claims'] for s in c['steps']
            if s['kind'] == kind]


@pytest.fixture(scope='module')
def told():
    """All chapters, run once: {name: what its JSON says}, and the seconds."""
    begin = time.monotonic()
    ran = lab('--json', 'all')
    seconds = time.monotonic() - begin
    assert ran.returncode == 0, ran.stdout + ran.stderr
    whole = json.loads(ran.stdout)
    assert whole['version'] == 1
    assert whole['kernel'] == os.uname().release
    return {c['chapter']: c for c in whole['chapters']}, seconds


def test_all_within_a_minute(told):
    chapters, seconds = told
    assert list(chapters) == CHAPTERS
    assert seconds < 60


@pytest.mark.parametrize('name', CHAPTERS)
def test_chapter(told, name):
    chapter = told[0][name]
    assert chapter['held'] is True
    assert len(chapter['claims']) >= 2
    for claim in chapter['claims']:
        facts = [s for s in claim['steps'] if s['kind'] == 'fact']
        assert facts, claim['claim']
        assert all(f['held'] for f in facts)
        assert claim['held'] is True and claim['verdict'] == 'as claimed'
    calls = steps(chapter, 'call')
    assert calls
    for call in calls:
        assert ('errno' in call) == (call.get('result') == -1), call


def flags(chapter, port=None):
    return [s['flags'] for s in steps(chapter, 'segment')
            if port is None or port in (s['from'], s['to'])]


def test_ladders(told):
    chapters = told[0]
    assert flags(chapters['handshake'])[:5] == [
        'SYN', 'SYN,ACK', 'ACK', 'PSH,ACK', 'ACK']
    first = chapters['close']['claims'][0]['steps']
    assert [s['flags'] for s in first if s['kind'] == 'segment'] == [
        'SYN', 'SYN,ACK', 'ACK', 'FIN,ACK', 'ACK', 'FIN,ACK', 'ACK']
    assert any('RST' in f for f in flags(chapters['reset']))
    http = flags(chapters['http'], 8081)
    assert http.count('SYN') == 1 and http.count('PSH,ACK') == 4
    # Ten clients: five handshakes, five SYNs without an answer.
    ten = flags({'claims': chapters['backlog']['claims'][:1]}, 8080)
    assert (ten.count('SYN'), ten.count('SYN,ACK')) == (10, 5)


def test_calls(told):
    errors = {(c['name'], c['errno'])
              for chapter in told[0].values()
              for c in steps(chapter, 'call') if 'errno' in c}
    assert errors >= {
        ('write', 'EPIPE'), ('send', 'EPIPE'), ('bind', 'EADDRINUSE'),
        ('bind', 'EACCES'), ('connect', 'EINPROGRESS'), ('accept', 'EMFILE'),
        ('read', 'ECONNRESET'), ('connect', 'ECONNREFUSED')}
    waits = [c['args'] for c in steps(told[0]['write-closed'], 'call')
             if c['name'] == 'wait4']
    assert len(waits) == 1 and 'WTERMSIG(s) == SIGPIPE' in waits[0]
    # The write that kills has no result.
    assert [c for c in steps(told[0]['write-closed'], 'call')
            if c['name'] == 'write' and 'result' not in c]


def test_evidence(told):
    seen = {name: '\n'.join('%(source)s %(text)s' % s
                            for s in steps(chapter, 'evidence'))
            for name, chapter in told[0].items()}
    assert 'protocol: TCP' in seen['socket']
    assert re.search(r'proc 0: 0100007F:1F90 00000000:0000 0A ',
                     seen['listen'])
    assert re.search(r'ss LISTEN +0 8 127.0.0.1:8080 0.0.0.0:\*',
                     seen['listen'])
    assert re.search(r'lsof \S+ \d+ \d+u IPv4 \d+ 0t0 TCP 127.0.0.1:8080 '
                     r'\(LISTEN\)', seen['listen'])
    assert 'nstat ListenOverflows 5 (+5)' in seen['backlog']
    assert seen['server'].count('stdout Client connected!') == 3


def facts_of(told, name):
    return len(steps(told[0][name], 'fact'))


@pytest.mark.parametrize('name', CHAPTERS)
def test_broken_claims_are_noticed(told, name):
    """Each fact in turn is claimed wrongly; of slow chapters the first."""
    count = 1 if name in SLOW else facts_of(told, name)
    assert count > 0
    for broken in range(1, count + 1):
        ran = lab('--json', name,
                  env=environment(HSTATIC_LAB_BROKEN=str(broken)))
        assert ran.returncode == 1, broken
        chapter, = json.loads(ran.stdout)['chapters']
        facts = steps(chapter, 'fact')
        assert [i for i, f in enumerate(facts, 1) if not f['held']] == [
            broken]
        assert chapter['held'] is False
        assert [c['verdict'] for c in chapter['claims'] if not c['held']] == [
            'this kernel differs']


def test_broken_claim_in_words():
    ran = lab('socket', env=environment(HSTATIC_LAB_BROKEN='1'))
    assert ran.returncode == 1
    assert re.search(r'DIFFERS +the descriptor: (\d+), claimed was \d+',
                     ran.stdout)
    assert 'this kernel differs' in ran.stdout


class Stay:
    """A chapter whose stage is kept; nsenter goes there."""

    def __init__(self, name):
        self.process = subprocess.Popen(
            [HSTATIC_PLAIN, 'lab', '--json', '--stay', name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment())
        said = b''
        end = time.monotonic() + PATIENCE
        while b'ends it.' not in said:
            assert time.monotonic() < end, said
            if select.select([self.process.stderr], [], [], 1)[0]:
                said += os.read(self.process.stderr.fileno(), 4096)
        self.enter = re.search(rb'(nsenter .*?) ss -tan',
                               said)[1].decode().split()

    def run(self, *command):
        return subprocess.run([*self.enter, *command], check=True, text=True,
                              capture_output=True, timeout=PATIENCE).stdout

    def end(self):
        out, err = self.process.communicate(b'\n', timeout=PATIENCE)
        assert self.process.returncode == 0, err
        chapter, = json.loads(out)['chapters']
        return chapter


def test_backlog_agrees_with_ss_and_nstat():
    stay = Stay('backlog')
    rows = [line.split() for line in
            stay.run('ss', '-tanH').splitlines()]
    stat = dict(line.split()[:2] for line in
                stay.run('nstat', '-asz').splitlines()[1:])
    chapter = stay.end()

    def of(port, words):
        return sorted((w[0], *w[3:5]) for w in words
                      if w[3].endswith(port) or w[4].endswith(port))

    ours = [s['text'].split() for s in steps(
        {'claims': chapter['claims'][:1]}, 'evidence')
        if s['source'] == 'ss']
    # Two programs, seconds apart: the clients still wait.
    assert of(':8080', rows) == of(':8080', ours)
    listener, = [w for w in rows if w[0] == 'LISTEN' and
                 w[3] == '127.0.0.1:8080']
    assert listener[1:3] == ['5', '4']
    counted = [int(re.search(r'^ListenOverflows (\d+)', s['text'])[1])
               for s in steps(chapter, 'evidence')
               if s['text'].startswith('ListenOverflows')]
    # Those who wait go on knocking: 20 of them, after 1, 2, 4... seconds.
    assert counted[-1] <= int(stat['TcpExtListenOverflows']) \
        <= counted[-1] + 60


def test_without_namespaces():
    """Neither a user's nor root's: no chapter, a line that tells why."""
    script = ('echo 0 >/proc/sys/user/max_user_namespaces && '
              'exec setpriv --inh-caps=-all --bounding-set=-all "$@"')
    ran = subprocess.run(
        ['unshare', '-U', '-r', 'sh', '-c', script, 'sh', HSTATIC_PLAIN,
         'lab', 'socket', 'bind'],
        capture_output=True, text=True, timeout=PATIENCE)
    assert ran.returncode == 1
    assert 'cannot have a network namespace of its own' in ran.stderr
    assert 'sudo hstatic lab' in ran.stderr
    assert ran.stderr.count('\n') == 2 and ran.stdout == ''


def test_the_machine_is_untouched():
    """Nothing listens, and no sysctl has changed, outside of the stage."""
    def look():
        return [open('/proc/sys/net/' + name).read() for name in (
            'core/somaxconn', 'ipv4/tcp_syncookies',
            'ipv4/tcp_abort_on_overflow', 'ipv4/tcp_fin_timeout')]
    before = look()
    assert lab('listen', 'queues').returncode == 0
    assert look() == before


def test_list_and_mistakes():
    listed = lab()
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()
            if line][:12] == CHAPTERS
    assert [c['chapter'] for c in json.loads(lab('--json').stdout)] == \
        CHAPTERS
    assert 'Usage: hstatic lab' in lab('--help').stdout
    for args, words in (
            (('sokcet',), "no chapter 'sokcet'; hstatic lab lists them"),
            (('--colour',), 'no option --colour'),
            (('--width=x', 'socket'), '--width=x: wants 40 to 1000'),
            (('--width=39', 'socket'), 'wants 40 to 1000')):
        ran = lab(*args)
        assert ran.returncode == 2 and words in ran.stderr, args
        assert ran.stdout == ''


@pytest.mark.parametrize('width', (40, 60, 80, 132))
def test_width(width):
    ran = lab('--width=%d' % width, 'socket', 'handshake', 'accept')
    assert ran.returncode == 0
    for line in ran.stdout.splitlines():
        if len(line) > width:   # a word that cannot be broken, a rung
            assert ' ' not in line.strip() or re.search(
                r'^ {3}\S* +\S+$| ms  :', line), line
    assert '\033' not in ran.stdout


def in_terminal(*args, keys=b'', **env):
    """What a terminal of 72 columns gets; keys are typed one by one."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.pop('NO_COLOR', None)
        os.environ.update(env)
        subprocess.run(['stty', 'cols', '72'])
        os.execv(HSTATIC_PLAIN, [HSTATIC_PLAIN, 'lab', *args])
    said, end = b'', time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            got = os.read(terminal, 65536)
        except OSError:
            break
        said += got
        if keys and said.endswith(b'goes on) '):
            os.write(terminal, keys[:1])
            keys = keys[1:]
    os.close(terminal)
    return os.waitpid(pid, 0)[1], said


def test_colours():
    status, said = in_terminal('socket')
    assert status == 0 and b'\033[32m' in said
    plain = re.sub(rb'\033\[[0-9;]*m', b'', said)
    assert max(map(len, plain.splitlines())) <= 72
    status, said = in_terminal('socket', NO_COLOR='1')
    assert status == 0 and b'\033[' not in said


def test_step():
    """After each of three claims it waits for a key."""
    status, said = in_terminal('--step', 'socket', keys=b'xyz', NO_COLOR='1')
    assert status == 0 and said.count(b'goes on)') == 3


def test_ordinary_user():
    if os.geteuid() != 0:
        return  # it is one already
    ran = subprocess.run(
        ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups',
         HSTATIC_PLAIN, 'lab', 'socket', 'queues', 'http'],
        capture_output=True, text=True, timeout=60, cwd='/')
    assert ran.returncode == 0, ran.stdout + ran.stderr
