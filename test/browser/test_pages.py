"""Our own pages in Chromium: the guide (site/) and a directory listing, at
the width of a desk and of a phone, in light and in dark."""
import os

import pytest
from selenium.webdriver.common.by import By

from support import folder, until, write

SITE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), 'site')
GUIDE = sorted(os.path.relpath(os.path.join(where, name), SITE)
               for where, _, names in os.walk(SITE) for name in names
               if name.endswith('.html') and name != '404.html')
FILES = {'b10.txt': 10, 'b2.txt': 4000, 'a.html': 300, 'photo.png': 70000,
         'Z.js': 5, 'sub folder/inside.txt': 1, 'a & b <c>.txt': 2}


@pytest.fixture
def tree():
    with folder() as place:
        for name, size in FILES.items():
            write(place, name, b'x' * size)
        yield place


def brightness(browser):
    """Of what is painted at the page's edge, 0 to 255."""
    color = browser.script('''
        for (const element of [document.body, document.documentElement]) {
            const color = getComputedStyle(element).backgroundColor;
            if (color !== "rgba(0, 0, 0, 0)")
                return color;
        }
        return "rgb(255, 255, 255)";''')
    red, green, blue = [float(n) for n in
                        color[color.index('(') + 1:-1].split(',')[:3]]
    return (red + green + blue) / 3


def overflow(browser):
    return browser.script('return document.documentElement.scrollWidth - '
                          'document.documentElement.clientWidth')


def names(browser):
    """In one step: the rows may be replaced at any time."""
    return browser.script('return [...document.querySelectorAll('
                          '"#rows tr td:first-child a")]'
                          '.map(a => a.textContent)')


@pytest.mark.parametrize('page', GUIDE)
def test_guide(browser, host, page):
    origin = host(SITE)
    browser.open('%s/%s' % (origin, page))
    assert browser.script('return document.title')
    assert brightness(browser) > 200
    browser.picture('guide-' + page.replace('/', '-'))
    browser.emulate(width=390, height=844, scheme='dark')
    assert overflow(browser) == 0
    assert brightness(browser) < 60
    browser.picture('guide-%s-phone-dark' % page.replace('/', '-'))
    assert browser.complaints() == []
    for path, answer in browser.answers().items():
        assert answer.status == 200, path


def test_guide_links(browser, host):
    """By its own links one comes to each page of it."""
    origin = host(SITE)
    browser.open(origin + '/')
    left, seen = {origin + '/'}, set()
    while left:
        url = left.pop()
        seen.add(url)
        browser.open(url)
        found = browser.script('return [...document.links].map('
                               'a => a.href.split("#")[0])')
        left |= {u for u in found if u.startswith(origin)} - seen
    assert len(seen) >= len(GUIDE)
    assert browser.complaints() == []


def until_names(browser, wanted):
    until(lambda: sorted(names(browser)) == sorted(wanted), str(wanted))


def test_listing_sorts(browser, host, tree):
    browser.open(host(tree, '--listing') + '/')
    browser.picture('listing')
    by_name = names(browser)
    assert sorted(by_name[1:]) == sorted(
        ['Z.js', 'a & b <c>.txt', 'a.html', 'b10.txt', 'b2.txt', 'photo.png'])
    heads = browser.driver.find_elements(By.CSS_SELECTOR, 'th button')
    heads[1].click()
    by_size = names(browser)
    # A folder stays first; the largest file is next.
    assert by_size[0] == by_name[0] and 'sub folder' in by_size[0]
    assert by_size[1:4] == ['photo.png', 'b2.txt', 'a.html']
    heads[1].click()
    assert names(browser)[1] == 'a & b <c>.txt'
    heads[0].click()
    assert names(browser) == by_name
    heads[0].click()
    assert names(browser)[1:] == by_name[:0:-1]
    heads[0].click()
    browser.driver.find_element(By.CSS_SELECTOR, 'input[type=checkbox]').click()
    natural = names(browser)
    assert natural.index('b2.txt') < natural.index('b10.txt')
    assert browser.complaints() == []


def test_listing_filters(browser, host, tree):
    origin = host(tree, '-l')
    browser.open(origin + '/')
    every = names(browser)
    field = browser.driver.find_element(By.CSS_SELECTOR, 'input[type=search]')
    field.send_keys('TXT b')
    until_names(browser, ['a & b <c>.txt', 'b10.txt', 'b2.txt'])
    assert '3 files of' in browser.script(
        'return document.getElementById("total").textContent')
    field.send_keys('\ue00c')  # Escape
    until_names(browser, every)
    browser.driver.find_element(By.PARTIAL_LINK_TEXT, 'sub folder').click()
    browser.wait('location.pathname === "/sub%20folder/"')
    until(lambda: 'inside.txt' in names(browser), 'the folder within')
    assert browser.complaints() == []


@pytest.mark.parametrize('scheme', ['light', 'dark'])
def test_listing_on_a_phone(browser, host, tree, scheme):
    write(tree, 'a-name-as-long-as-names-of-files-are-' + 'w' * 150 + '.txt',
          b'x')
    origin = host(tree, '-l')
    browser.emulate(width=360, height=740, scheme=scheme)
    browser.open(origin + '/')
    assert overflow(browser) == 0
    assert (brightness(browser) < 60) == (scheme == 'dark')
    browser.picture('listing-phone-' + scheme)
    assert browser.complaints() == []
