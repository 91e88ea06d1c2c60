"""The guide in site/, as hstatic serves it: every page, link and anchor; well
formed, the same frame on each page, nothing from elsewhere, legible in light
and dark; and transcripts that say what the program says (tools/guide).
"""
import html.parser
import os
import re
import subprocess
from urllib.parse import urljoin, urlsplit

import pytest

from support import HSTATIC_PLAIN, Client, environment, fetch

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SITE = os.path.join(TOP, 'site')
NAMES = sorted(os.path.relpath(os.path.join(folder, n), SITE)
               for folder, _, names in os.walk(SITE) for n in names
               if n.endswith('.html'))

# A page with its style sheet and its icon, uncompressed.
WEIGHT_MAX = 60 * 1024
# Text of a normal size (WCAG 2.2, 1.4.3 AA).
CONTRAST_MIN = 4.5

VOID = set('meta link br img hr input path rect circle'.split())


class Page(html.parser.HTMLParser):
    """What is asked about a page; `problems` is what breaks its nesting."""

    def __init__(self, text):
        super().__init__()
        self.open, self.problems = [], []
        self.ids, self.links, self.headings, self.elements = [], [], [], []
        self.feed(text)
        self.close()
        self.problems += ['<%s> is not closed' % t for t in self.open]

    def handle_starttag(self, tag, attributes):
        self.start(tag, attributes)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.start(tag, attributes)

    def start(self, tag, attributes):
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.problems.append('<%s>: an attribute twice' % tag)
        a = dict(attributes)
        self.elements.append((tag, a))
        self.ids += [a['id']] if 'id' in a else []
        self.links += [a[n] for n in ('href', 'src') if n in a]
        if re.fullmatch('h[1-6]', tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append('line %d: </%s>' % (self.getpos()[0], tag))

    def all(self, tag):
        return [a for t, a in self.elements if t == tag]


def source(name):
    with open(os.path.join(SITE, name)) as f:
        return f.read()


def address(name):
    """The one that other pages link to."""
    return '/' + re.sub(r'(?:(?<=/)|^)index$', '', name[:-len('.html')])


@pytest.mark.parametrize('name', NAMES)
def test_a_page_is_well_formed(name):
    text = source(name)
    page = Page(text)
    assert text.startswith('<!doctype html>\n')
    assert page.problems == []
    assert len(set(page.ids)) == len(page.ids)
    assert page.all('html')[0]['lang'] == 'en'
    assert re.search(r'(?s)<head>.*<title>[^<]{9,}</title>.*</head>', text)
    viewport = [a for a in page.all('meta') if a.get('name') == 'viewport']
    assert 'width=device-width' in viewport[0]['content']
    assert ('description' in [a.get('name') for a in page.all('meta')]
            or name == '404.html')


@pytest.mark.parametrize('name', NAMES)
def test_a_page_can_be_walked_without_eyes(name):
    """One h1, no level left out; landmarks; a way past the head; names for
    what is drawn."""
    page = Page(source(name))
    assert page.headings[0] == 1 and page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:]))
    for landmark in ('header', 'main', 'footer'):
        assert len(page.all(landmark)) == 1, landmark
    labels = [a.get('aria-label') for a in page.all('nav')]
    assert all(labels) and len(set(labels)) == len(labels)
    assert page.links[[a.get('class') for t, a in page.elements
                       if t in ('a', 'link')].index('skip')] == '#main'
    for svg in page.all('svg'):
        drawn = svg.get('role') == 'img'
        assert drawn == (svg.get('aria-labelledby') in page.ids)
        assert drawn or svg.get('aria-hidden') == 'true'
    for cell in page.all('th'):
        assert cell.get('scope') in ('row', 'col')


def test_the_frame_is_the_same_on_each_page():
    def navigation(name):
        found = re.search('(?s)<header>.*?</header>', source(name))[0]
        here = re.findall(r'<a href="([^"]*)" aria-current="(\w+)">', found)
        if name == '404.html':
            assert here == []
        elif address(name).startswith('/guide/') and name[6:] != 'index.html':
            assert here == [('/guide/', 'true')]
        else:
            assert here == [(address(name), 'page')]
        return re.sub(' aria-current="[a-z]+"', '', found)

    assert len({navigation(name) for name in NAMES}) == 1


def test_the_pages_are_in_one_order():
    """Each is the next of the one before it, and the head has the same; the
    chapters follow in the order of their list."""
    header = re.search('(?s)<header>.*?</header>', source('index.html'))[0]
    order = re.findall(r'<li><a href="([^"]*)"', header)
    assert order[-1] == '/guide/'
    order += re.findall(r'<li><a href="(/guide/[^"]*)"',
                        source('guide/index.html').split('<main')[1])
    assert sorted(order) == sorted(address(n) for n in NAMES
                                   if n != '404.html')
    for i, here in enumerate(order):
        name = here[1:] + 'index' if here.endswith('/') else here[1:]
        page = Page(source(name + '.html'))
        turns = {a['rel']: a['href'] for a in page.all('a') if 'rel' in a}
        want = {'prev': order[i - 1]} if i > 0 else {}
        if i + 1 < len(order):
            want['next'] = order[i + 1]
        assert turns == want, here


def targets_of(here, page):
    """Its links as path and anchor; none may lead to another site."""
    for link in page.links:
        parts = urlsplit(urljoin(here, link))
        assert not parts.scheme and not parts.netloc, link
        yield parts.path, parts.fragment


def test_every_link_and_anchor_is_there(serve):
    """Crawled from the first page, and from the one that is not there."""
    server = serve(SITE)
    pages, types, todo = {}, {}, [('/', ''), ('/no/such/page', '')]
    anchors = set()
    with Client(server) as client:
        while todo:
            path, anchor = todo.pop()
            if anchor:
                anchors.add((path, anchor))
            if path in types:
                continue
            answer = client.get(path)
            assert answer.status == (404 if path.startswith('/no/') else 200)
            types[path] = answer['Content-Type']
            if types[path] == 'text/html; charset=utf-8':
                pages[path] = Page(answer.body.decode())
                todo += targets_of(path, pages[path])
    for path, anchor in anchors:
        assert anchor in pages[path].ids, path + '#' + anchor
    assert types['/style.css'] == 'text/css; charset=utf-8'
    assert types['/favicon.svg'] == 'image/svg+xml'
    # Nothing lies there that no page leads to.
    assert set(pages) == {address(n) for n in NAMES} - {'/404'} | {
        '/no/such/page'}


def test_the_page_for_what_is_not_there(serve):
    answer = fetch(serve(SITE), '/no/such/page')
    assert answer.status == 404
    assert answer['Cache-Control'] == 'no-store'
    assert answer.body.decode() == source('404.html')


@pytest.mark.parametrize('name', NAMES)
def test_a_page_brings_nothing_that_its_policy_forbids(name):
    """default-src 'self': no style or script in the page, none elsewhere."""
    assert "default-src 'self'" in source('_headers')
    page = Page(source(name))
    for tag, attributes in page.elements:
        assert tag not in ('style', 'script', 'iframe', 'img'), tag
        for attribute in attributes:
            assert attribute != 'style' and not attribute.startswith('on')
    assert not re.search(r'url\(|@import', source('style.css'))


@pytest.mark.parametrize('name', NAMES)
def test_a_page_is_light(name):
    weight = sum(os.path.getsize(os.path.join(SITE, n))
                 for n in (name, 'style.css', 'favicon.svg'))
    assert weight < WEIGHT_MAX


def colours(rule):
    return dict(re.findall(r'--([a-z-]+): (#[0-9a-f]{3,6});', rule))


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    digits = colour[1:] if len(colour) == 7 else ''.join(
        c * 2 for c in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
               for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one, other):
    a, b = sorted((luminance(one), luminance(other)))
    return (b + 0.05) / (a + 0.05)


def test_text_can_be_read_in_light_and_dark():
    schemes = [colours(rule) for rule in
               re.findall(r'(?s):root \{(.*?)\}', source('style.css'))]
    assert len(schemes) == 3        # light, dark, print
    for i, scheme in enumerate(schemes):
        full = {**schemes[0], **scheme}
        for ground in ('paper', 'raised'):
            for ink in ('ink', 'soft', 't', 'd'):
                assert contrast(full[ink], full[ground]) >= CONTRAST_MIN, (
                    i, ink, ground)


def test_the_transcripts_are_what_the_program_says():
    done = subprocess.run(
        [os.path.join(TOP, 'tools', 'guide'), '--check'], check=False,
        env=environment(HSTATIC=os.path.abspath(HSTATIC_PLAIN)),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
