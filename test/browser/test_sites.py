"""Sites that Hugo and MkDocs build here and now, clicked through in Chromium:
what a generator writes is served as it means it."""
import os
import subprocess

import pytest

from support import folder, write

IMMUTABLE = 'public, max-age=31536000, immutable'

HUGO = {
    'config.toml': 'baseURL = "/"\ntitle = "Harbour"\n'
                   'disableKinds = ["RSS", "sitemap", "taxonomy", "term"]\n',
    'assets/css/main.css': 'body { color: rgb(7, 8, 9) }\n',
    'assets/js/main.js': 'document.documentElement.dataset.ran = "yes";\n',
    'content/_index.md': '---\ntitle: Harbour\n---\nShips.\n',
    'content/tides/_index.md': '---\ntitle: Tides\n---\nHigh and low.\n',
    'content/tides/spring.md': '---\ntitle: Spring tide\n---\nOf the moon.\n',
    'layouts/_default/baseof.html': '''<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title>
<link rel="icon" href="data:,">
{{ with resources.Get "css/main.css" | minify | fingerprint -}}
<link rel="stylesheet" href="{{ .RelPermalink }}"
	integrity="{{ .Data.Integrity }}">
{{- end }}
{{ with resources.Get "js/main.js" | fingerprint "md5" -}}
<script src="{{ .RelPermalink }}" defer></script>
{{- end }}
</head><body><h1>{{ .Title }}</h1>{{ .Content }}
{{ range .Site.Pages }}<p><a href="{{ .RelPermalink }}">{{ .Title }}</a>
{{ end }}</body></html>
''',
    'layouts/_default/single.html': '{{ define "main" }}{{ end }}',
    'layouts/_default/list.html': '{{ define "main" }}{{ end }}',
}

MKDOCS = {
    'mkdocs.yml': 'site_name: Winds\ntheme:\n  name: mkdocs\n'
                  '  highlightjs: false\nnav:\n  - Calm: index.md\n'
                  '  - Gale: strong/gale.md\n',
    'docs/index.md': '# Calm\n\nSmoke rises. See the [gale](strong/gale.md).'
                     '\n',
    'docs/strong/gale.md': '# Gale\n\nTwigs break. [Calm](../index.md).\n',
}


def build(place, files, *command):
    for name, content in files.items():
        write(place, name, content)
    done = subprocess.run(command, cwd=place, capture_output=True, text=True,
                          timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope='module')
def hugo():
    with folder() as place:
        build(place, HUGO, 'hugo')
        yield os.path.join(place, 'public')


@pytest.fixture(scope='module')
def mkdocs():
    with folder() as place:
        build(place, MKDOCS, 'mkdocs', 'build', '-q')
        yield os.path.join(place, 'site')


def title(browser):
    return browser.script('return document.querySelector("h1").textContent')


def test_hugo(browser, host, hugo):
    origin = host(hugo)
    browser.open(origin + '/')
    seen = [title(browser)]
    for link in ('Tides', 'Spring tide', 'Harbour'):
        browser.click_link(link)
        browser.wait('document.documentElement.dataset.ran === "yes"')
        seen.append(title(browser))
        assert browser.script('return getComputedStyle(document.body).color'
                              ) == 'rgb(7, 8, 9)'
    browser.picture('hugo')
    assert seen == ['Harbour', 'Tides', 'Spring tide', 'Harbour']
    assert browser.complaints() == []
    answers = browser.answers()
    hashed = [path for path in answers if path.startswith(('/css/', '/js/'))]
    assert len(hashed) == 2
    for path in hashed:
        assert answers[path].is_cached or \
            answers[path].fields['cache-control'] == IMMUTABLE
    assert answers['/tides/'].fields['cache-control'] == 'no-cache'


def test_hugo_again(browser, host, hugo):
    """The second time only the page is asked for, and has not changed."""
    origin = host(hugo)
    browser.open(origin + '/tides/spring/')
    first = browser.answers()
    assert first['/tides/spring/'].status == 200
    browser.driver.refresh()
    again = browser.answers()
    assert again['/tides/spring/'].status == 304
    for path in again:
        assert path == '/tides/spring/' or again[path].is_cached, path
    # Without its slash a directory is redirected to.
    browser.open(origin + '/tides')
    assert browser.driver.current_url == origin + '/tides/'
    assert browser.complaints() == []


def test_mkdocs(browser, host, mkdocs):
    origin = host(mkdocs)
    browser.open(origin + '/')
    assert title(browser) == 'Calm'
    browser.click_link('gale')
    assert title(browser) == 'Gale'
    assert browser.driver.current_url == origin + '/strong/gale/'
    browser.picture('mkdocs')
    browser.click_link('Calm')
    assert title(browser) == 'Calm'
    assert browser.complaints() == []
    for path, answer in browser.answers().items():
        # It hashes no names; all is asked for again.
        if not answer.is_cached:
            assert answer.status in (200, 304), path
            assert answer.fields['cache-control'] == 'no-cache', path


def test_mkdocs_search(browser, host, mkdocs):
    """A worker and its JSON index: the types have to be right."""
    origin = host(mkdocs)
    browser.open(origin + '/?q=twigs')
    browser.wait('document.querySelector("#mkdocs-search-results article")'
                 ' !== null')
    assert 'Gale' in browser.script(
        'return document.querySelector("#mkdocs-search-results")'
        '.textContent')
    assert browser.complaints() == []
