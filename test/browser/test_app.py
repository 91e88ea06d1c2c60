"""A single-page application as Vite builds it (vite-app/), in Chromium."""
import http.client
import os
from urllib.parse import urlsplit

import pytest

DIST = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    'vite-app', 'dist')
IMMUTABLE = 'public, max-age=31536000, immutable'
HEADING = 'document.querySelector("h1")?.textContent'


def ask(origin, path, **fields):
    connection = http.client.HTTPConnection(urlsplit(origin).netloc,
                                            timeout=20)
    try:
        connection.request('GET', path, headers=fields)
        answer = connection.getresponse()
        answer.body = answer.read()
        return answer
    finally:
        connection.close()


def is_script_or_style(name):
    return name.endswith(('.js', '.css'))


def test_clicks_through_without_a_complaint(browser, host):
    origin = host(DIST, '--spa')
    browser.open(origin + '/')
    browser.wait(HEADING + ' === "home"')
    browser.wait('document.getElementById("wave").naturalWidth > 0')
    assert browser.script(
        'return getComputedStyle(document.body).color') == 'rgb(1, 2, 3)'
    browser.picture('app-home')
    browser.click_link('profile')
    browser.wait(HEADING + ' === "profile"')
    # The style of the chunk that was loaded late.
    assert browser.script('return getComputedStyle(document.querySelector('
                          '".path")).color') == 'rgb(4, 5, 6)'
    browser.driver.back()
    browser.wait(HEADING + ' === "home"')
    browser.driver.forward()
    browser.wait(HEADING + ' === "profile"')
    assert browser.complaints() == []
    answers = browser.answers()
    assert answers['/'].fields['cache-control'] == 'no-cache'
    # All that Vite has built was needed, and its names are recognised.
    for name in os.listdir(os.path.join(DIST, 'assets')):
        answer = answers['/assets/' + name]
        assert answer.status == 200, name
        if is_script_or_style(name):
            assert answer.fields['cache-control'] == IMMUTABLE, name
        assert answer.fields['x-content-type-options'] == 'nosniff'


def test_a_reload_asks_for_the_page_alone(browser, host):
    origin = host(DIST)
    browser.open(origin + '/')
    browser.wait(HEADING + ' === "home"')
    etag = browser.answers()['/'].fields['etag']
    browser.driver.refresh()
    browser.wait(HEADING + ' === "home"')
    answers = browser.answers()
    assert answers['/'].status == 304
    assert answers['/'].fields['etag'] == etag
    asked = [path for path, answer in answers.items()
             if is_script_or_style(path) and not answer.is_cached]
    assert asked == []
    assert browser.complaints() == []


@pytest.mark.parametrize('path', ['/settings/profile',
                                  '/settings/profile?tab=2'])
def test_a_deep_link_survives_a_reload(browser, host, path):
    origin = host(DIST, '-s')
    browser.open(origin + path)
    for _ in range(2):
        browser.wait(HEADING + ' === "profile"')
        assert browser.script('return document.querySelector(".path")'
                              '.textContent') == '/settings/profile'
        browser.driver.refresh()
    browser.wait(HEADING + ' === "profile"')
    assert browser.complaints() == []
    page = ask(origin, path, Accept='text/html,*/*;q=0.8')
    assert page.status == 200
    assert page.getheader('Content-Type') == 'text/html; charset=utf-8'
    assert page.getheader('Cache-Control') == 'no-cache'
    assert 'accept' in [name.strip().lower() for name
                        in page.getheader('Vary').split(',')]
    with open(os.path.join(DIST, 'index.html'), 'rb') as f:
        assert page.body == f.read()


def test_without_spa_a_deep_link_is_404(browser, host):
    origin = host(DIST)
    browser.open(origin + '/settings/profile')
    assert browser.answers()['/settings/profile'].status == 404
    assert any('404' in line for line in browser.complaints())


def test_a_missing_chunk_is_404_and_no_page(browser, host):
    """What an open tab asks for after a deploy: import() has to fail, and
    not to run a page as a script."""
    origin = host(DIST, '-s')
    browser.open(origin + '/')
    browser.wait(HEADING + ' === "home"')
    path = '/assets/gone-Da4gsBCG.js'
    for accept in ('*/*', 'text/html'):
        gone = ask(origin, path, Accept=accept)
        assert gone.status == 404
        assert gone.getheader('Cache-Control') == 'no-store'
        assert b'id="view"' not in gone.body
    browser.forget()
    failed = browser.driver.execute_async_script(
        'const done = arguments[1];'
        'import(arguments[0]).then(() => done("loaded"), e => done(e.name))',
        path)
    assert failed == 'TypeError'
    assert browser.answers()[path].status == 404
