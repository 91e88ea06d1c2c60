"""What holds of every answer, whatever is asked for: requests are made up by
hypothesis from a grammar, and judged by the rules of property_rules.py. The
examples are the same on every run, and a failure is shrunk to its core.

What the server compresses for later requests may come to exist between two
requests of one case, so two that ought to agree are repeated until what they
are compared with has been the same before and after.
"""
import contextlib
import copy
import functools
import os
import socket
import urllib.parse

import hypothesis
import pytest
from hypothesis import strategies as st

import property_rules as rules
from property_site import (ABSENT, BINARIES, DIRECTORIES, HIDDEN, SIDECARS,
                           SECRET, SUFFIXES, TEXTS, Site)
from support import Client, folder, request, serving

EXAMPLES = 800
# More than can come to exist while a case lasts: three, of each of its files.
CODINGS_MADE = 30
settings = functools.partial(
    hypothesis.settings, derandomize=True, database=None, deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck), print_blob=False)

# Name -> whether the site has rules, and the options.
SERVERS = {'plain': (False, ()), 'both': (False, ('-s', '-l')),
           'rules': (True, ('-s', '--loop=epoll')),
           'open': (True, ('-l', '--cors', '--no-compress'))}

HTML = 'text/html,application/xhtml+xml,*/*;q=0.8'
ACCEPTS = [None, HTML, '*/*', 'image/png', 'application/json',
           'text/html;q=0, */*', 'text/html;q=bad', '']
QUERIES = ['', '?', '?a=1&b', '?//evil.example', '?format=json',
           '?format=html', '?%0d%0aX-Evil:1', '?/../..']
PIECES = ['a', '.', '..', '/', '//', '%2e', '%2F', '%5c', '\\', '%00', '%',
          '%zz', '%0d%0aX-Evil:%201', '\xc3\xa9', '%C3%A9', '?', ';', '~',
          '%25', '%252e', 'index.html', 'assets', 'docs', '.well-known',
          '.hidden', 'secret.txt', 'go/', 'out/', 'pretty', 'x' * 300]


class Line:
    """One connection to a server at a time, for as long as it stays open."""

    def __init__(self, site, server):
        self.site = site
        self.server = server
        self.client = None

    def get(self, data, method):
        """The answer; the connection is found to be as it says."""
        try:
            return self.ask(data, method)
        except Exception:
            self.close()
            raise

    def ask(self, data, method):
        self.open()
        self.client.send(data)
        answer = self.client.response(method)
        if answer.is_last:
            assert self.client.is_over()
            self.close()
        else:
            assert self.client.is_quiet()
        return answer

    def open(self):
        if self.client is None:
            self.client = Client(self.server, timeout=10)
            self.client.sock.setsockopt(socket.IPPROTO_TCP,
                                        socket.TCP_NODELAY, 1)

    def close(self):
        if self.client:
            self.client.close()
        self.client = None


@pytest.fixture(scope='module')
def lines():
    """Name of a server -> its Line."""
    with contextlib.ExitStack() as stack:
        sites = {
            has_rules: Site(os.path.join(stack.enter_context(folder()),
                                         'site'), has_rules)
            for has_rules in (False, True)}
        yield {name: Line(sites[has_rules], stack.enter_context(serving(
                   sites[has_rules].root, '-w', '1', *options)))
               for name, (has_rules, options) in SERVERS.items()}


@pytest.fixture(autouse=True)
def fresh(lines):
    """No failure leaves half an answer to the next test."""
    yield
    for line in lines.values():
        line.close()


FILES = TEXTS + list(BINARIES) + [
    'empty.txt', 'empty.bin', 'middle.html', 'big.js', 'twin-1.txt',
    'twin-2.txt'] + [name + SUFFIXES[coding] for name, coding in SIDECARS]
NAMES = FILES + ['about', 'docs/a b', '404'] + ABSENT + HIDDEN + [
    d + slash for d in DIRECTORIES for slash in ('', '/')]


def canonical(name):
    return '/' + urllib.parse.quote(name)


@st.composite
def spellings(draw, name):
    """A path that leads to `name`, by detours and needless escapes."""
    path = draw(st.sampled_from(['/', '//', '/./', '/x/../', '/%2E/',
                                 '/../', '/%2e%2e//'])).encode()
    escaped = draw(st.sets(st.integers(0, 30), max_size=4))
    for i, byte in enumerate(name.encode()):
        is_plain = chr(byte) in "/-._~!$&'()*+,;=:@" or chr(byte).isalnum() \
            and byte < 128
        path += bytes([byte]) if is_plain and i not in escaped \
            else b'%%%02x' % byte
    return path


@st.composite
def targets(draw):
    if draw(st.integers(0, 9)) < 8:
        path = draw(spellings(draw(st.sampled_from(NAMES))))
    else:
        path = ('/' + ''.join(draw(st.lists(
            st.sampled_from(PIECES), max_size=8)))).encode('latin-1')
    return path + draw(st.sampled_from(QUERIES)).encode()


def maybe(strategy):
    return st.one_of(st.none(), strategy)


POSITIONS = st.one_of(st.integers(0, 9), st.integers(0, 6000),
                      st.sampled_from([32767, 32768, 1 << 20, (1 << 20) + 8,
                                       (1 << 20) + 9, 1 << 32,
                                       (1 << 64) - 1]))
SPECS = st.one_of(
    st.tuples(POSITIONS, st.none()), st.tuples(st.none(), POSITIONS),
    st.tuples(POSITIONS, POSITIONS).map(sorted).map(tuple))
RANGES = st.one_of(
    st.lists(SPECS, min_size=1, max_size=4),
    st.lists(st.integers(0, 40).map(lambda n: (3 * n, 3 * n + 1)),
             min_size=2, max_size=18),
    st.sampled_from(['lines=0-1', 'bytes=', 'bytes=5-1', 'bytes=-', 'bytes',
                     'bytes=0-1;x', 'bytes= 0-1', 'bytes=a-b', '']))
TAGS = st.one_of(st.just(['star']), st.lists(
    st.sampled_from(['same', 'weak', 'other', 'bad']), min_size=1,
    max_size=3))
DATES = st.sampled_from(['same', 'before', 'after', 'bad', 'rfc850',
                         'asctime'])
IF_RANGE = st.one_of(st.sampled_from([['same'], ['weak'], ['other']]), DATES)
CONDITIONS = st.fixed_dictionaries({}, optional={
    'If-Match': TAGS, 'If-None-Match': TAGS, 'If-Range': IF_RANGE,
    'If-Modified-Since': DATES, 'If-Unmodified-Since': DATES})
ENCODINGS = st.one_of(
    st.just([('gzip', None), ('br', None), ('zstd', None)]),
    st.lists(st.tuples(
        st.sampled_from(['gzip', 'br', 'zstd', 'identity', '*', 'deflate']),
        st.sampled_from([None, 0, 1, 500, 999, 1000])),
        max_size=5, unique_by=lambda e: e[0]))
METHODS = ['GET'] * 8 + ['HEAD'] * 4 + ['OPTIONS', 'POST', 'DELETE', 'TRACE',
                                        'BREW']
ANY = st.builds(
    rules.Ask, method=st.sampled_from(METHODS), target=targets(),
    version=st.sampled_from(['1.1', '1.1', '1.1', '1.0']),
    connection=st.sampled_from([None, None, 'keep-alive', 'close']),
    accept=st.sampled_from(ACCEPTS), encodings=maybe(ENCODINGS),
    ranges=maybe(RANGES), conditions=CONDITIONS)
PLAIN = rules.Ask('GET', b'/', '1.1', None, None, None, None, {})
FILE_TARGETS = st.sampled_from([canonical(name).encode() for name in FILES])
CODED_TARGETS = st.sampled_from([canonical(name).encode()
                                 for name, _ in SIDECARS])
# Chance alone seldom leads to a range that can be sent, or to a coding.
RANGED = st.builds(
    lambda **parts: PLAIN._replace(**parts), target=FILE_TARGETS,
    encodings=maybe(ENCODINGS), ranges=RANGES,
    conditions=st.fixed_dictionaries({}, optional={'If-Range': IF_RANGE}))
CODED = st.builds(
    lambda **parts: PLAIN._replace(**parts),
    method=st.sampled_from(['GET', 'HEAD']), target=CODED_TARGETS,
    encodings=ENCODINGS, ranges=maybe(RANGES), conditions=CONDITIONS)
ASKS = st.one_of(ANY, ANY, RANGED, CODED)


def lines_of(ask):
    """What the resource is chosen by."""
    lines = []
    if ask.accept is not None:
        lines.append('Accept: ' + ask.accept)
    if ask.encodings is not None:
        lines.append(rules.encodings_line(ask.encodings))
    return lines


def render(ask, base):
    lines = lines_of(ask)
    if ask.connection:
        lines.append('Connection: ' + ask.connection)
    if ask.ranges is not None:
        lines.append(rules.range_line(ask.ranges))
    lines += [rules.condition_line(field, value, base)
              for field, value in ask.conditions.items()]
    return request(ask.target, ask.method, *lines, version=ask.version)


def look(line, ask):
    """The answers that `ask` is compared with: without Range and conditions,
    with the simplest Range, and the one of them that has the validators."""
    whole = line.get(request(ask.target, 'GET', *lines_of(ask)), 'GET')
    if ask.ranges is None or ask.method != 'GET':
        return whole, whole, whole
    first = line.get(request(ask.target, 'GET', *lines_of(ask),
                             'Range: bytes=0-0'), 'GET')
    return whole, first, first if first.status == 206 else whole


def essence(answer):
    """All but the time."""
    return (answer.status, answer.version, answer.body, answer.is_last,
            [field for field in answer.fields if field[0] != 'Date'])


def same_before_and_after(look_at, act):
    """What `act` gives for what `look_at` saw, and sees after it, too."""
    before = look_at()
    for _ in range(CODINGS_MADE):
        result = act(before)
        after = look_at()
        if [essence(a) for a in before] == [essence(a) for a in after]:
            return before, result
        before = after
    raise AssertionError('never twice the same: %r' % before)


def case_of(line, ask):
    seen, answer = same_before_and_after(
        lambda: look(line, ask),
        lambda seen: line.get(render(ask, seen[-1]), ask.method))
    return rules.Case(line.site, ask, answer, *seen)


@pytest.mark.parametrize('name', SERVERS)
def test_every_answer_keeps_the_rules(lines, name):
    @settings(max_examples=EXAMPLES)
    @hypothesis.given(ask=ASKS)
    def every(ask):
        case = case_of(lines[name], ask)
        for rule in rules.RULES:
            rule(case)

    every()


# Of a listing, whose length only its sender knows (RFC 9110 9.3.2).
UNKNOWN = ('Date', 'Connection', 'Transfer-Encoding')


def comparable(answer):
    return answer.status, [
        (n, v) for n, v in answer.fields
        if n not in (UNKNOWN if rules.is_listing(answer) else UNKNOWN[:1])]


@pytest.mark.parametrize('name', SERVERS)
def test_head_is_get_without_its_body(lines, name):
    @settings(max_examples=EXAMPLES // 5)
    @hypothesis.given(ask=ASKS)
    def every(ask):
        ask = ask._replace(ranges=None, method='GET')
        line = lines[name]
        _, (get, head) = same_before_and_after(
            lambda: look(line, ask), lambda seen: [
                line.get(render(ask._replace(method=m), seen[-1]), m)
                for m in ('GET', 'HEAD')])
        assert comparable(head) == comparable(get)

    every()


@st.composite
def spelt(draw):
    """The target as it is mostly written, and another way to write it."""
    name = draw(st.sampled_from(NAMES))
    return canonical(name).encode(), draw(spellings(name))


@pytest.mark.parametrize('name', SERVERS)
def test_all_spellings_of_a_name_are_one(lines, name):
    """RFC 3986 6.2.2: escapes and dot segments make no other resource."""
    @settings(max_examples=EXAMPLES // 5)
    @hypothesis.given(pair=spelt(), ask=ASKS)
    def every(pair, ask):
        ask = ask._replace(target=pair[0])
        line = lines[name]
        (*_, base), one = same_before_and_after(
            lambda: look(line, ask),
            lambda seen: line.get(render(ask, seen[-1]), ask.method))
        other = line.get(render(ask._replace(target=pair[1]), base),
                         ask.method)
        assert essence(other) == essence(one)

    every()


@pytest.mark.parametrize('name', SERVERS)
def test_vary_names_what_matters(lines, name):
    """RFC 9110 12.5.5: where another Accept or Accept-Encoding leads to
    another answer, both say so."""
    @settings(max_examples=EXAMPLES // 5)
    @hypothesis.given(ask=ASKS, accept=st.sampled_from(ACCEPTS),
                      encodings=maybe(ENCODINGS))
    def every(ask, accept, encodings):
        line = lines[name]
        ask = ask._replace(method='GET', ranges=None, conditions={},
                           connection=None, version='1.1')
        for field, other in (
                ('accept', ask._replace(accept=accept)),
                ('accept-encoding', ask._replace(encodings=encodings))):
            (one, *_), two = same_before_and_after(
                lambda: look(line, ask),
                lambda seen: line.get(render(other, seen[-1]), 'GET'))
            if essence(one) != essence(two):
                assert field in rules.vary_of(one) & rules.vary_of(two)

    every()


def send_in_pieces(client, data, cuts):
    """As so many segments, as far as the kernel lets us."""
    edges = [0, *sorted(c % (len(data) + 1) for c in cuts), len(data)]
    for start, end in zip(edges, edges[1:]):
        if start < end:
            client.send(data[start:end])


def pipelined(line, asks, datas, cuts):
    """The answers on one connection, up to the one that ends it."""
    line.close()
    line.open()
    answers = []
    send_in_pieces(line.client, b''.join(datas), cuts)
    for ask in asks:
        answers.append(line.client.response(ask.method))
        if answers[-1].is_last:
            break
    else:
        assert line.client.is_quiet()
    line.close()
    return answers


def alone(line, ask, data):
    line.close()
    return line.get(data, ask.method)


@pytest.mark.parametrize('name', SERVERS)
def test_pipelined_is_as_alone(lines, name):
    """RFC 9112 9.3.2: in order, and each as if it had come by itself."""
    @settings(max_examples=EXAMPLES // 8)
    @hypothesis.given(asks=st.lists(ASKS, min_size=2, max_size=6),
                      cuts=st.lists(st.integers(0, 5000), max_size=6))
    def every(asks, cuts):
        line = lines[name]
        datas = [render(ask, look(line, ask)[-1]) for ask in asks]
        each, together = same_before_and_after(
            lambda: [alone(line, ask, data)
                     for ask, data in zip(asks, datas)],
            lambda _: pipelined(line, asks, datas, cuts))
        each = [essence(answer) for answer in each]
        assert [essence(answer) for answer in together] == \
            each[:len(together)]
        assert len(together) == len(asks) or together[-1].is_last

    every()


GET = PLAIN._replace(target=b'/app.js')
AS_GZIP = GET._replace(encodings=[('gzip', None)])
PART = GET._replace(ranges=[(5, 9)])
PARTS = GET._replace(ranges=[(0, 3), (5, 9)])
FRESH = GET._replace(conditions={'If-None-Match': ['same']})
ABSENT_JS = GET._replace(target=b'/absent.js')
IMMUTABLE = 'public, max-age=31536000, immutable'
HASHED = b'/assets/app.0a1b2c3d.js'


def field(name, value):
    """A mistake: one field is left out (None), or says something else."""
    def make(answer):
        answer.fields = [f for f in answer.fields if f[0] != name]
        if value is not None:
            answer.fields.append((name, value))
    return make


def body(change):
    def make(answer):
        answer.body = change(answer.body)
    return make


def status(number):
    def make(answer):
        answer.status = number
    return make


def head(text):
    def make(answer):
        answer.head += text
    return make


# Of each rule, what it must object to: (rule, ask, mistake).
MISTAKES = [
    (rules.rule_status, GET, status(206)),
    (rules.rule_status, FRESH, status(200)),
    (rules.rule_status, GET, status(503)),
    (rules.rule_date, GET, field('Date', None)),
    (rules.rule_date, GET, field('Date', 'Thu, 01 Jan 1970 00:00:00 GMT')),
    (rules.rule_date, GET, field('Date', 'now')),
    (rules.rule_lines, GET, head(b'X: \t\r\n')),
    (rules.rule_lines, GET, head(b'X: \n')),
    (rules.rule_secret, GET, body(lambda b: b + SECRET)),
    (rules.rule_nothing_after, FRESH, field('Content-Length', '0')),
    (rules.rule_length, GET, body(lambda b: b[1:])),
    (rules.rule_length, GET, field('Content-Length', None)),
    (rules.rule_methods, GET._replace(method='POST'), field('Allow', None)),
    (rules.rule_methods, GET, field('Allow', 'GET')),
    (rules.rule_vary, GET, field('Vary', None)),
    (rules.rule_vary, FRESH, field('Vary', None)),
    (rules.rule_vary, PART, field('Vary', None)),
    (rules.rule_vary, GET._replace(target=b'/docs/'), field('Vary', None)),
    (rules.rule_vary, GET._replace(target=b'/x', accept=HTML),
     field('Vary', 'Accept-Encoding')),
    (rules.rule_immutable, GET, field('Cache-Control', IMMUTABLE)),
    (rules.rule_immutable, ABSENT_JS, field('Cache-Control', IMMUTABLE)),
    (rules.rule_immutable, GET._replace(target=HASHED, ranges=[(1 << 40,
                                                                None)]),
     field('Cache-Control', IMMUTABLE)),
    (rules.rule_cache, ABSENT_JS, field('Cache-Control', 'no-cache')),
    (rules.rule_cache, GET._replace(target=HASHED),
     field('Cache-Control', 'no-cache')),
    (rules.rule_cache, GET._replace(target=b'/docs'),
     field('Cache-Control', None)),
    (rules.rule_validators, FRESH, field('ETag', None)),
    (rules.rule_validators, FRESH, field('Cache-Control', None)),
    (rules.rule_validators, FRESH, field('Vary', None)),
    (rules.rule_validators, PART, field('ETag', '"x"')),
    (rules.rule_validators, ABSENT_JS, field('ETag', '"x"')),
    (rules.rule_etag, GET, field('ETag', 'W/"x"')),
    (rules.rule_etag, GET, body(lambda b: b + b'x')),
    (rules.rule_etag, AS_GZIP, field('ETag', '"x"')),
    (rules.rule_body, GET, body(lambda b: b + b'x')),
    (rules.rule_coding, GET, field('Content-Encoding', 'gzip')),
    (rules.rule_coding, AS_GZIP, field('Content-Encoding', None)),
    (rules.rule_coding, AS_GZIP, field('Content-Encoding', 'br')),
    (rules.rule_ranges, PART, body(lambda b: b[1:] + b[:1])),
    (rules.rule_ranges, PART, field('Content-Range', 'bytes 4-8/100')),
    (rules.rule_ranges, PARTS, body(lambda b: b.replace(b'-Range', b'-R'))),
    (rules.rule_ranges, PARTS, body(lambda b: b.replace(b'app', b'ppa'))),
    (rules.rule_ranges, GET, field('Content-Range', 'bytes 0-1/2')),
    (rules.rule_unsatisfiable, GET._replace(ranges=[(1 << 40, None)]),
     field('Content-Range', 'bytes */0')),
    (rules.rule_location, GET._replace(target=b'/docs'),
     field('Location', '//docs/')),
    (rules.rule_location, GET._replace(target=b'/docs'),
     field('Location', 'docs/')),
    (rules.rule_location, GET._replace(target=b'/docs?a'),
     field('Location', '/docs/')),
    (rules.rule_location, GET, field('Location', '/')),
    (rules.rule_connection, GET, field('Connection', 'close')),
    (rules.rule_connection, GET._replace(version='1.0'),
     field('Connection', None)),
    (rules.rule_connection, GET._replace(connection='close'),
     field('Connection', None)),
]


@pytest.mark.parametrize('rule', rules.RULES)
def test_a_rule_can_be_broken(lines, rule):
    """Each rule accepts what comes, and objects to each mistake in it."""
    of_rule = [(ask, make) for r, ask, make in MISTAKES if r is rule]
    assert of_rule
    for ask, make in of_rule:
        case = case_of(lines['both'], ask)
        rule(case)
        case = case._replace(answer=copy.copy(case.answer))
        make(case.answer)
        with pytest.raises((AssertionError, TypeError, ValueError)):
            rule(case)
