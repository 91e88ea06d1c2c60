"""The page of the admin listener: what it shows follows the sockets."""
import os
import signal
import socket

import pytest

from support import pause, serving, site, until  # noqa: F401

PHONE = {'width': 390, 'height': 844}


@pytest.fixture
def server(site):  # noqa: F811
    with serving(site, '--admin', '127.0.0.1:0', '-w', '2') as server:
        yield server


@pytest.fixture
def page(browser, server):
    browser.open('http://127.0.0.1:%d/xray' % server.admin_port)
    browser.wait('document.getElementById("live").className === "ready"')
    return browser


def connect(server, count):
    sockets = []
    for _ in range(count):
        s = socket.create_connection(('127.0.0.1', server.port))
        sockets.append(s)
    return sockets


def name(s):
    return '%s:%d' % s.getsockname()


def count(page, state):
    return int(page.script(
        'return document.querySelector(arguments[0]).textContent',
        '[data-state="%s"] .n' % state))


def peers(page):
    return page.script('return [...document.querySelectorAll('
                       '"#rows td:first-child span")].map('
                       'cell => cell.textContent)')


def test_it_follows_the_sockets(page, server):
    before = count(page, 'ESTAB')
    assert before >= 1  # its own
    assert count(page, 'LISTEN') == 2
    sockets = connect(server, 7)
    until(lambda: count(page, 'ESTAB') == before + 7, 'seven more')
    until(lambda: {name(s) for s in sockets} <= set(peers(page)), 'rows')
    assert page.script('return document.querySelector('
                       '"[data-state=ESTAB]").classList.contains("lit")')
    for s in sockets:
        s.close()
    until(lambda: count(page, 'ESTAB') <= before, 'they have gone')
    until(lambda: len(peers(page)) <= before, 'their rows, too')
    assert page.complaints() == []


def test_the_reader_is_marked(page):
    own = page.wait('document.querySelectorAll("tr.you").length === 1 && '
                    'document.querySelector("tr.you span").textContent')
    assert own.startswith('127.0.0.1:')
    assert page.script('return document.querySelector("tr.you em").textContent'
                       ) == 'you'
    assert page.complaints() == []


def test_its_end_is_told(browser, site):  # noqa: F811
    with serving(site, '--admin', '127.0.0.1:0') as server:
        browser.open('http://127.0.0.1:%d/xray' % server.admin_port)
        browser.wait('document.getElementById("live").className === "ready"')
    browser.wait('document.getElementById("live").className === "away"')


def test_a_stalled_server_is_told_in_words(page, server):
    workers = server.workers()
    for pid in workers:
        pause(pid)
    try:
        sockets = connect(server, 3)
        page.wait('document.querySelector("#listeners b + span")'
                  '.textContent.startsWith("3 / ")')
        page.wait('[...document.querySelectorAll("#diagnoses .grave")]'
                  '.some(item => item.textContent.includes("stopped"))')
        page.picture('xray-stalled')
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    page.wait('document.querySelectorAll("#diagnoses .grave").length === 0')
    for s in sockets:
        s.close()
    assert page.complaints() == []


@pytest.mark.parametrize('scheme', ['light', 'dark'])
@pytest.mark.parametrize('size', ['desk', 'phone'])
def test_it_looks_well(browser, server, scheme, size):
    browser.emulate(scheme=scheme, **(PHONE if size == 'phone' else {}))
    sockets = connect(server, 5)
    for s in sockets[:3]:
        s.sendall(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
        s.recv(4096)
    sockets[4].close()
    browser.open('http://127.0.0.1:%d/xray' % server.admin_port)
    browser.wait('document.querySelectorAll("#rows tr").length >= 5')
    # What the workers tell comes with the second picture.
    browser.wait('document.getElementById("rows").textContent'
                 '.includes("idle")')
    assert browser.script('return document.documentElement.scrollWidth - '
                          'document.documentElement.clientWidth') == 0
    browser.picture('xray-%s-%s' % (size, scheme))
    for s in sockets:
        s.close()
    assert browser.complaints() == []
