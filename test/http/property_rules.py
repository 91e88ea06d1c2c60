"""What must hold of every answer, one function a rule (RFC 9110, and the
promises of hstatic(1)). A rule looks at a Case: what was
asked for, what came, and what the same target gives without conditions and
ranges. Must not know how requests are made up; test_properties.py does.
"""
import collections
import email.utils
import re
import time
import urllib.parse

from property_site import FOREIGN, HASHED_SIZE, SECRET, etag_of

RANGES_MAX = 16
SERVED = ('GET', 'HEAD')
OURS = (200, 204, 206, 301, 302, 304, 307, 308, 404, 405, 412, 416, 501)
STATUSES = OURS + (400, 403)

# Parts of conditions; what they stand for depends on the answer without them.
OTHER_TAGS = {'other': '"a,b"', 'bad': 'unquoted', 'star': '*'}
BAD_DATE = 'Sun, 30 Feb 2020 00:00:00 GMT'
DAY = 86400

# `encodings`: None, or [(coding, thousandths)]; `ranges`: None, a text that
# is to be ignored, or [(first, last)] with None for what is left out.
# `conditions`: field -> list of tags or one date, by the names above.
Ask = collections.namedtuple(
    'Ask', 'method target version connection accept encodings ranges '
    'conditions')

# `whole`: the same without Range and conditions, by GET. `first`: with
# `Range: bytes=0-0` instead, where a Range was asked for; else `whole`.
# `base`: the one of them that has the validators.
Case = collections.namedtuple('Case', 'site ask answer whole first base')


def weight_text(weight):
    return '%d' % (weight // 1000) if weight % 1000 == 0 \
        else ('0.%03d' % weight).rstrip('0')


def encodings_line(encodings):
    return 'Accept-Encoding: ' + ', '.join(
        c if w is None else '%s;q=%s' % (c, weight_text(w))
        for c, w in encodings)


def range_line(ranges):
    if isinstance(ranges, str):
        return 'Range: ' + ranges
    return 'Range: bytes=' + ', '.join(
        '%s-%s' % tuple('' if n is None else n for n in spec)
        for spec in ranges)


def seconds(date):
    return email.utils.parsedate_to_datetime(date).timestamp()


def tag_text(tag, etag):
    if tag in OTHER_TAGS:
        return OTHER_TAGS[tag]
    return ('W/' if tag == 'weak' else '') + (etag or '"none"')


def date_text(date, modified):
    at = seconds(modified) if modified else time.time() // 1
    when = time.gmtime(at + {'before': -DAY, 'after': DAY}.get(date, 0))
    if date == 'bad':
        return BAD_DATE
    return time.strftime({
        'rfc850': '%A, %d-%b-%y %H:%M:%S GMT',
        'asctime': '%a %b ' + '%2d' % when.tm_mday + ' %H:%M:%S %Y',
    }.get(date, '%a, %d %b %Y %H:%M:%S GMT'), when)


def condition_line(field, value, base):
    if isinstance(value, str):
        return '%s: %s' % (field, date_text(value, base['Last-Modified']))
    return '%s: %s' % (field, ', '.join(
        tag_text(tag, base['ETag']) for tag in value))


def tag_matches(tags, etag, is_strong):
    return 'star' in tags or etag is not None and (
        'same' in tags or 'weak' in tags and not is_strong)


def conditions_verdict(conditions, base):
    """What the preconditions make of a 200: 200, 304 or 412 (13.2.2)."""
    etag, modified = base['ETag'], base['Last-Modified']
    since = conditions.get('If-Unmodified-Since')
    if 'If-Match' in conditions:
        if not tag_matches(conditions['If-Match'], etag, True):
            return 412
    elif modified and since == 'before':
        return 412
    since = conditions.get('If-Modified-Since')
    if 'If-None-Match' in conditions:
        if tag_matches(conditions['If-None-Match'], etag, False):
            return 304
    elif modified and since not in (None, 'before', 'bad'):
        return 304
    return 200


def resolve(ranges, size):
    """The [first, end) of each range that there is, or None: the whole."""
    if len(ranges) > RANGES_MAX:
        return None
    found = []
    for first, last in ranges:
        if first is None:
            start, end = max(0, size - last), size
        else:
            start = first
            end = size if last is None else min(size, last + 1)
        if start < end:
            found.append((start, end))
    for i, (start, end) in enumerate(found):
        if any(a < end and start < b for a, b in found[i + 1:]):
            return None
    return found


def range_applies(ask, base):
    """Of a GET whose preconditions hold (13.1.5)."""
    if ask.ranges is None or isinstance(ask.ranges, str) or \
            base['Last-Modified'] is None:
        return False
    value = ask.conditions.get('If-Range')
    return value is None or value in (['same'], 'same', 'rfc850', 'asctime')


def first_size(first):
    """Of the variant that a range is of."""
    return int(first['Content-Range'].rpartition('/')[2])


def ranges_expected(case):
    """[(first, end)], [] for 416, None for the whole."""
    if case.ask.method != 'GET' or not range_applies(case.ask, case.base):
        return None
    return resolve(case.ask.ranges, first_size(case.first))


def status_expected(case):
    ask, whole = case.ask, case.whole
    # The head is judged before the method, and the path after it.
    if whole.status == 400 and (whole.is_last or ask.method in SERVED):
        return 400
    if ask.method not in SERVED:
        return {'OPTIONS': 204, 'BREW': 501}.get(ask.method, 405)
    if whole.status != 200:
        return whole.status
    verdict = conditions_verdict(ask.conditions, case.base)
    ranges = ranges_expected(case)
    if verdict != 200 or ranges is None:
        return verdict
    return 206 if ranges else 416


def rule_status(case):
    assert case.answer.status in STATUSES
    assert case.answer.status == status_expected(case)


def rule_date(case):
    """RFC 9110 6.6.1: an IMF-fixdate, and the time it is."""
    date = case.answer['Date']
    assert re.fullmatch(r'\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT', date)
    assert abs(seconds(date) - time.time()) < 60
    modified = case.answer['Last-Modified']
    assert modified is None or seconds(modified) <= seconds(date)


def rule_lines(case):
    """RFC 9112 2.2, 5: CRLF ends a line, and no other control is there."""
    assert not re.search(rb'[\0-\x1f\x7f]',
                         case.answer.head.replace(b'\r\n', b''))
    assert case.answer['X-Evil'] is None


def rule_secret(case):
    assert SECRET not in case.answer.body and SECRET not in case.answer.head


def rule_nothing_after(case):
    """RFC 9110 6.4.1: these have no body, and frame none."""
    if case.answer.status in (204, 304):
        assert case.answer['Content-Length'] is None
        assert case.answer['Transfer-Encoding'] is None


def rule_length(case):
    """One of the two that tell where a body ends, or the connection does."""
    answer = case.answer
    if answer.status in (204, 304) or case.ask.method == 'HEAD':
        return
    if answer['Content-Length'] is not None:
        assert answer['Transfer-Encoding'] is None
        assert int(answer['Content-Length']) == len(answer.body)
    else:
        assert answer['Transfer-Encoding'] == 'chunked' or answer.is_last
        assert is_listing(answer)
    if case.ask.version == '1.0':
        assert answer['Transfer-Encoding'] is None


def rule_methods(case):
    says = case.answer['Allow']
    assert (says is not None) == (case.answer.status in (204, 405))
    assert says in (None, 'GET, HEAD, OPTIONS')


def is_listing(answer):
    return answer.status == 200 and answer['Content-Length'] is None


def vary_of(answer):
    return {v.strip().lower() for line in answer.all('Vary')
            for v in line.split(',')} - {'cookie'}


def rule_vary(case):
    """RFC 9110 12.5.5, on all that the target answers with a file."""
    if case.ask.method not in SERVED or case.answer.status == 400:
        return
    assert vary_of(case.answer) == vary_of(case.whole)
    name = case.site.name_of(case.whole)
    assert ('accept-encoding' in vary_of(case.answer)) == (
        name is not None and case.site.is_codable(name))
    if is_listing(case.whole):
        assert 'accept' in vary_of(case.answer)


def path_of(ask):
    return urllib.parse.unquote_to_bytes(ask.target.partition(b'?')[0])


def is_named(case, name):
    """Does the path end in the name, or is something else in its place?"""
    last = name.rpartition('/')[2].encode()
    return path_of(case.ask).rstrip(b'/').endswith(last)


def rule_immutable(case):
    """RFC 8246, only where the name tells the content."""
    answer = case.answer
    if 'immutable' not in (answer['Cache-Control'] or ''):
        return
    assert answer.status in (200, 206, 304)
    name = case.site.name_of(case.whole)
    if case.site.has_rules:
        # Whatever is there under its own name; nothing in its place.
        assert case.whole.status == 200 and \
            b'/pretty' not in path_of(case.ask)
    else:
        assert name in case.site.hashed and is_named(case, name)


def rule_cache(case):
    """RFC 9111 5.2.2; the site's own rules have their say elsewhere."""
    status, says = case.answer.status, case.answer['Cache-Control']
    if status >= 400:
        assert says == 'no-store'
    elif status in (301, 302, 307, 308):
        assert says == 'no-cache'
    elif status == 204:
        assert says is None or case.site.has_rules
    else:
        assert says == case.whole['Cache-Control']
        if not case.site.has_rules:
            name = case.site.name_of(case.whole)
            assert says == ('public, max-age=31536000, immutable'
                            if name in case.site.hashed
                            and is_named(case, name) else 'no-cache')


def rule_validators(case):
    """RFC 9110 15.4.5, 15.3.7: as the 200 would say."""
    answer = case.answer
    if answer.status == 200 and not is_listing(answer) \
            and case.ask.ranges is None:
        assert answer['ETag'] == case.whole['ETag'] is not None
        assert answer['Last-Modified'] == case.whole['Last-Modified']
    if answer.status in (304, 206):
        for field in ('ETag', 'Vary', 'Cache-Control'):
            assert answer[field] == case.base[field]
    if answer.status >= 400:
        assert answer['ETag'] is None and answer['Last-Modified'] is None


def rule_etag(case):
    """RFC 9110 8.8.3: strong, and made of the bytes of this variant."""
    answer, name = case.answer, case.site.name_of(case.whole)
    if answer['ETag'] is None:
        return
    assert re.fullmatch(r'"[\x21\x23-\x7e]+"', answer['ETag'])
    if answer.status == 200 and case.ask.method == 'GET':
        bytes_ = answer.body
    elif answer.status == 206:
        bytes_ = case.site.variants(name)[answer['Content-Encoding']]
    else:
        return
    if len(bytes_) <= HASHED_SIZE:
        assert answer['ETag'] == etag_of(bytes_)


def rule_body(case):
    """What comes decodes to the very file."""
    answer, site = case.answer, case.site
    if answer.status != 200 or case.ask.method != 'GET' or is_listing(answer):
        return
    name, coding = site.name_of(answer), answer['Content-Encoding']
    assert name is not None and name == site.name_of(case.whole)
    beside = site.variants(name).get(coding)
    assert answer.body == beside if beside is not None \
        else site.is_codable(name)


def weight_of(encodings, coding):
    """Thousandths; -1 for identity where nobody speaks of it (12.5.3)."""
    weights = {c: 1000 if w is None else w for c, w in encodings}
    unlisted = -1 if coding == 'identity' else 0
    return weights.get(coding, weights.get('*', unlisted))


def rule_coding(case):
    """RFC 9110 12.5.3: of what is known to be there, none were better."""
    answer, encodings = case.answer, case.ask.encodings
    coding = answer['Content-Encoding']
    name = case.site.name_of(case.whole)
    if case.ask.method not in SERVED or name is None or \
            answer.status not in (200, 206, 404):
        return
    if encodings is None:
        assert coding is None
        return
    variants = case.site.variants(name)
    assert answer.status != 206 or coding in variants
    assert coding is None or weight_of(encodings, coding) > 0
    weight = weight_of(encodings, coding or 'identity')
    for other, data in variants.items():
        if coding is None and weight == 0 and other is None:
            continue
        theirs = weight_of(encodings, other or 'identity')
        assert theirs <= max(weight, 0)
        if theirs == weight > 0 and answer.status != 206:
            assert int(answer['Content-Length']) <= len(data)


def multipart(answer, kind):
    """The ((first, end, size), bytes) of each part (RFC 9110 14.6)."""
    boundary = re.fullmatch(r'multipart/byteranges; boundary=(\S{1,70})',
                            answer['Content-Type'])[1].encode()
    assert answer['Content-Range'] is None
    pieces = re.split(rb'(?:^|\r\n)--' + re.escape(boundary), answer.body)
    assert pieces[0] == b'' and pieces[-1] == b'--\r\n'
    for piece in pieces[1:-1]:
        head, _, body = piece.partition(b'\r\n\r\n')
        match = re.fullmatch(
            rb'\r\nContent-Type: ([^\r\n]+)\r\nContent-Range: ([^\r\n]+)',
            head)
        assert match[1].decode() == kind
        yield content_range(match[2].decode()), body


def content_range(value):
    match = re.fullmatch(r'bytes (\d+)-(\d+)/(\d+)', value)
    return int(match[1]), int(match[2]) + 1, int(match[3])


def rule_ranges(case):
    """RFC 9110 14.4, 15.3.7: what it says it is, and what was asked for."""
    answer = case.answer
    if answer.status != 206:
        assert (answer['Content-Range'] is None) == (answer.status != 416)
        return
    name = case.site.name_of(case.whole)
    variant = case.site.variants(name)[answer['Content-Encoding']]
    expected = ranges_expected(case)
    if len(expected) == 1:
        parts = [(content_range(answer['Content-Range']), answer.body)]
    else:
        parts = list(multipart(answer, case.whole['Content-Type']))
    assert [(a, b) for (a, b, _), _ in parts] == expected
    for (start, end, size), body in parts:
        assert size == len(variant) and body == variant[start:end]


def rule_unsatisfiable(case):
    """RFC 9110 15.5.17."""
    if case.answer.status == 416:
        assert case.answer['Content-Range'] == \
            'bytes */%d' % first_size(case.first)


def rule_location(case):
    """RFC 9110 10.2.2: ours stay here; a rule's may lead elsewhere."""
    answer = case.answer
    location = answer['Location']
    assert (location is not None) == (300 <= answer.status < 400
                                      and answer.status != 304)
    if location is None:
        return
    assert not re.search(r'[^\x21-\x7e]|[<>"\\^`{|}]', location)
    if location.startswith(FOREIGN):
        assert case.site.has_rules and b'/out' in path_of(case.ask)
        return
    assert re.match(r'/(?![/\\])', location)
    _, mark, query = case.ask.target.partition(b'?')
    if len(query) > 0 and answer.status == 301:
        assert location.encode().endswith(mark + query)


def rule_connection(case):
    """RFC 9112 9.3: it ends when that was asked for, or is unavoidable."""
    ask, answer = case.ask, case.answer
    asks_close = ask.connection == 'close' or \
        ask.version == '1.0' and ask.connection != 'keep-alive'
    if asks_close:
        assert answer.is_last
    elif answer.status in OURS:
        endless = ask.version == '1.0' and is_listing(answer)
        assert answer.is_last == (endless and ask.method == 'GET')
        assert ask.version == '1.1' or answer.is_last or \
            answer['Connection'].lower() == 'keep-alive'


RULES = [rule for name, rule in sorted(globals().items())
         if name.startswith('rule_')]
