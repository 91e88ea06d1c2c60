"""The chart: CPU per request over the floor's, a panel for each main row.

Plain SVG with its own colours for light and dark; a bar that would leave its
panel is cut, and says how long it is.
"""
from xml.sax.saxutils import escape

import report
import servers

PANELS = ('1k', 'browser', '16k', 'close', '304', 'codings')
SHOWN = ('hstatic-epoll', 'hstatic-uring') + servers.PEERS
SCALE_END = 4.0
WIDTH, COLUMNS = 860, 2
LABEL, BAR, STEP, PAD = 108, 14, 20, 24
PANEL = (WIDTH - 3 * PAD) // COLUMNS

STYLE = '''
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.head { font-weight: 600; }
.faint { fill: #6e7781; }
.ours { fill: #0a7d5a; }
.peer { fill: #b6bec8; }
.floor { stroke: #24292f; stroke-dasharray: 3 3; }
.page { fill: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.faint { fill: #8d96a0; }
.ours { fill: #3fc79a; }
.peer { fill: #57606a; }
.floor { stroke: #e6edf3; }
.page { fill: #0d1117; }
}
'''


def text(at, words, kind='', anchor='start'):
    return '<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>' % (
        *at, kind, anchor, escape(words))


def bars(row, result):
    """(server, ratio) of those that took part, the cheapest first."""
    of = {name: report.ratio(row, result, name, servers.FLOOR)
          for name in SHOWN}
    return sorted(((name, value) for name, value in of.items() if value),
                  key=lambda pair: pair[1])


def bar(at, server, value, unit):
    x, y = at
    kind = 'ours' if server in servers.OURS else 'peer'
    length = min(value, SCALE_END) * unit
    words = '%.2f' % value if value < 10 else '%.0f' % value
    parts = [
        text((x + LABEL - 8, y + 11), server, anchor='end'),
        '<rect x="%.1f" y="%.1f" width="%.1f" height="%d" rx="2" '
        'class="%s"/>' % (x + LABEL, y, length, BAR, kind),
        text((x + LABEL + length + 5, y + 11), words,
             'head' if kind == 'ours' else '')]
    if value > SCALE_END:
        # Cut: a slanted gap in the colour of the page.
        cut = x + LABEL + length - 16
        parts.append('<path d="M%.1f %.1fl6 %dh4l-6 -%dz" class="page"/>' % (
            cut, y, BAR, BAR))
    return parts


def panel(at, row, result):
    """One row's bars below its title; the dashed line is the floor."""
    x, y = at
    unit = (PANEL - LABEL - 36) / SCALE_END
    parts = [text((x, y + 12), row.title, 'head')]
    top = y + 24
    shown = bars(row, result)
    for index, (server, value) in enumerate(shown):
        parts += bar((x, top + index * STEP), server, value, unit)
    line = x + LABEL + unit
    parts.append('<path d="M%.1f %.1fV%.1f" class="floor"/>' % (
        line, top - 4, top + len(shown) * STEP - 2))
    return parts


def draw(rows, results, about):
    """The whole picture, as the text of an SVG file."""
    shown = [row for row in rows if row.name in PANELS and row.name in results
             and bars(row, results[row.name])]
    most = max([len(bars(row, results[row.name])) for row in shown] or [0])
    height_each = 24 + most * STEP + PAD
    lines = -(-len(shown) // COLUMNS)
    height = 64 + lines * height_each + 20
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
             'viewBox="0 0 %d %d" role="img">' % (WIDTH, height, WIDTH,
                                                  height),
             '<title>CPU time per request, relative to the floor</title>',
             '<style>%s</style>' % STYLE,
             '<rect width="100%" height="100%" class="page"/>',
             text((PAD, 28), 'Server CPU per request, less is better',
                  'title'),
             text((PAD, 47), 'The dashed line, 1.00, is the floor: a program '
                  'that answers without looking at the request.', 'faint')]
    for index, row in enumerate(shown):
        at = (PAD + index % COLUMNS * (PANEL + PAD),
              64 + index // COLUMNS * height_each)
        parts += panel(at, row, results[row.name])
    parts.append(text((PAD, height - 10), '%s, Linux %s, %s' % (
        about['machine'], about['kernel'], about['date']), 'faint'))
    return '\n'.join(parts + ['</svg>', ''])
