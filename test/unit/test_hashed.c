/*
 * Which names carry a hash of the content (RFC 8246): the names that build
 * tools write, and the names that people write. Of the latter not one may be
 * taken for the former.
 */
#include "support.h"

#include "http/hashed.h"

struct hashed_case {
	const char *name;
	enum reason why;
};

#define HEX    REASON_HASHED_HEX
#define FOLDER REASON_HASHED_FOLDER
#define NOT    REASON_HASHED_NOT
#define UUID   REASON_HASHED_NOT_UUID
#define WORD   REASON_HASHED_NOT_WORD

static const struct hashed_case tools[] = {
	/* webpack, Create React App, Vue CLI */
	{ "static/js/main.3f2a9c1b.js", HEX },
	{ "static/js/787.28cb0dcd.chunk.js", HEX },
	{ "static/js/main.3f2a9c1b.js.map", HEX },
	{ "static/js/main.3f2a9c1b.js.LICENSE.txt", NOT },
	{ "static/media/logo.6ce24c58023cc2f8fd88fe9d219db6c6.svg", HEX },
	{ "main.bundle.5f0c8d6ab2e14c7d9a31.js", HEX },
	{ "js/chunk-vendors.0f1b5d3e.js", HEX },
	/* Angular: 16 or 20 digits */
	{ "runtime.b8e9e1e4f2b7a0c5.js", HEX },
	{ "styles.ef46db3751d8e999.css", HEX },
	{ "polyfills-es2015.5b10b8fd823b6392f1fd.js", HEX },
	/* Next */
	{ "_next/static/chunks/framework-0c7baedefba6b077.js", HEX },
	{ "_next/static/chunks/pages/_app-52924524f99094ab.js", HEX },
	{ "_next/static/css/5f6c3d0c2f1b3a4d.css", HEX },
	{ "_next/static/media/e4af272ccee01ff0-s.p.woff2", NOT },
	{ "_next/static/media/e4af272ccee01ff0-s.woff2", HEX },
	{ "_next/static/x1Yz/_buildManifest.js", NOT },
	{ "_next/static/x1Yz/_ssgManifest.js", NOT },
	/* Parcel, Hugo, Rails, Django, Jekyll */
	{ "src.e31bb0bc.css", HEX },
	{ "index.d5cf3ff1.js", HEX },
	{ "css/style.min.2d3c5f0b8a1e4f6d7c9b0a1e2d3c4b5a69788796a5b4c3d2"
	  "e1f00f1e2d3c4b5a.css",
		HEX },
	{ "assets/application-9c1a8f3be7d2.css", HEX },
	{ "css/base.27e20196a850.css", HEX },
	{ "APP-3F2A9C1B.JS", HEX },
	{ "app_3f2a9c1b.js", HEX },
	{ "3f2a9c1b", HEX },
	/* Vite and Rollup: eight of the base64url alphabet */
	{ "assets/index-BxYz12ab.js", FOLDER },
	{ "assets/index-BsJ3kX9a.js", FOLDER },
	{ "assets/index-D4f8aK2p.css", FOLDER },
	{ "assets/index-D4kX9qsV.css", FOLDER },
	{ "app/assets/vendor-C7dZ0mPq.js", FOLDER },
	{ "assets/index.4f8sQx1z.js", FOLDER },
	{ "assets/index-3f2a9c1b.js", HEX },
	{ "index-BxYz12ab.js", NOT },
	{ "assets/index-DiwrgTda.js", NOT },
	/* the limits: five changes, two small letters, three digits */
	{ "assets/xBc123gg.js", NOT },
	{ "assets/xBc1dE23.js", FOLDER },
	{ "assets/xBc1deF2.js", FOLDER },
	{ "assets/xBc1defG2.js", NOT },
	{ "assets/xBcD123e.js", FOLDER },
	{ "assets/xBcD1234e.js", NOT },
	/* Astro, Nuxt, SvelteKit */
	{ "_astro/hoisted.Bc4kX9d2.js", FOLDER },
	/* a miss: no capital behind a small letter */
	{ "_astro/hoisted.Bc4XK9d2.js", NOT },
	{ "_astro/about.DkT8q2nP.css", FOLDER },
	{ "_nuxt/entry.Cq1ZtP8w.css", FOLDER },
	{ "_nuxt/DlAUqK2U.js", FOLDER },
	{ "_nuxt/builds/meta/4d5a2f0e-8f3b-4c1e-9a7d-0f1e2d3c4b5a.json", UUID },
	{ "_app/immutable/entry/start.B4kX9d2s.js", FOLDER },
	{ "_app/immutable/chunks/C8vT3x5Q.js", FOLDER },
	{ "_app/version.json", NOT },
	/* esbuild */
	/* base32 of capitals: not to be told from Q3FY2024 and DSCF2345 */
	{ "assets/chunk-7OQ3T2MD.js", NOT },
	{ "chunk-7OQ3T2MD.js", NOT },
};

static const struct hashed_case people[] = {
	{ "", NOT },
	{ "index.html", NOT },
	{ "dir/", NOT },
	{ "favicon.ico", NOT },
	{ "service-worker.js", NOT },
	{ "manifest.webmanifest", NOT },
	/* versions */
	{ "jquery-3.7.1.min.js", NOT },
	{ "bootstrap.5.3.0.bundle.min.css", NOT },
	{ "app-1.0.0-beta.2.js", NOT },
	{ "linux-6.12.10.tar.xz", NOT },
	{ "lib-2024.10.01.js", NOT },
	/* dates and times */
	{ "20240101-report.pdf", NOT },
	{ "report-20240101.pdf", NOT },
	{ "2024-01-01.html", NOT },
	{ "20240101T120000.png", NOT },
	{ "IMG_20240101_123456.jpg", NOT },
	{ "log-1704067200.txt", NOT },
	{ "report-12feb2024.pdf", WORD },
	{ "2024dec25.jpg", WORD },
	{ "MINUTES-01DEC2024.PDF", WORD },
	/* words of the letters a to f, with a number or without */
	{ "deadbeef.js", NOT },
	{ "cafebabe-defaced.css", NOT },
	{ "effaced1.txt", NOT },
	{ "facade2024.jpg", WORD },
	{ "decade1990.html", WORD },
	{ "cafe2024.jpg", WORD },
	{ "feed20240101.xml", WORD },
	{ "assets/facade2024.jpg", WORD },
	/* one letter is an exponent or a revision */
	{ "model-1234567e.bin", NOT },
	{ "part-0012345a.pdf", NOT },
	{ "deadbee1.js", NOT },
	/* seven digits are too few */
	{ "main.3f2a9c1.js", NOT },
	{ "_nuxt/3f2a9c1.js", NOT },
	/* g is no digit */
	{ "main.3f2a9c1g.js", NOT },
	/* only the last two tokens count */
	{ "3f2a9c1b-annual-report.pdf", NOT },
	/* an extension is no token, and a folder no part of the name */
	{ "app.3f2a9c1b", NOT },
	{ "3f2a9c1b/app.js", NOT },
	{ "build.3f2a9c1b/index.html", NOT },
	{ "3f2a9c1b/", NOT },
	/* a UUID names a thing, and the thing may change (RFC 9562) */
	{ "photo-550e8400-e29b-41d4-a716-4466554400ab.jpg", UUID },
	{ "550E8400-E29B-41D4-A716-4466554400AB", UUID },
	{ "550e8400-e29b-41d4-a716-446655440000.jpg", NOT },
	/* in a tool's folder, too, there are names by hand */
	{ "assets/logo.svg", NOT },
	{ "assets/screenshot.png", NOT },
	{ "assets/screenshot2024.png", NOT },
	{ "assets/bootstrap5.css", NOT },
	{ "assets/fontawesome6.css", NOT },
	{ "assets/chapter12.html", NOT },
	{ "assets/iphone15pro.jpg", NOT },
	{ "assets/hero-background2x.png", NOT },
	{ "assets/DSC01234.jpg", NOT },
	{ "assets/IMG20240101.jpg", NOT },
	{ "assets/20240101T120000Z.png", NOT },
	{ "assets/v20240101.css", NOT },
	/* months, quarters, cameras, episodes, versions */
	{ "assets/July2024.pdf", NOT },
	{ "assets/newsletter-June2025.pdf", NOT },
	{ "assets/Sept2024.pdf", NOT },
	{ "assets/menu-2024june.pdf", NOT },
	{ "assets/Q3FY2024.pdf", NOT },
	{ "assets/2024Q1v2.pdf", NOT },
	{ "assets/DSCF1234.jpg", NOT },
	{ "assets/GOPR0042.jpg", NOT },
	{ "assets/IMGP1234.JPG", NOT },
	{ "assets/ch01ex02.png", NOT },
	{ "assets/s01e02v3.mp4", NOT },
	{ "assets/S01E02v3.mp4", NOT },
	{ "assets/win32x64.zip", NOT },
	{ "assets/Win10x64.zip", NOT },
	{ "assets/v2beta10.js", NOT },
	{ "assets/V2Beta10.js", NOT },
	{ "assets/12Feb24v2.pdf", NOT },
	{ "assets/Jan01Feb02.csv", NOT },
	{ "assets/Q1FY24v2.pdf", NOT },
	{ "assets/MyPhoto1.jpg", NOT },
	{ "assets/MacBook2.png", NOT },
	{ "assets/eBook1v2.epub", NOT },
	{ "assets/H2O2Lab3.pdf", NOT },
	{ "assets/MP3toMP4.html", NOT },
	{ "assets/A4Flyer2.pdf", NOT },
	{ "assets/12345678.png", NOT },
	{ "assets/jquery-3.7.1.min.js", NOT },
	{ "assets/a1 b2 c3 d4.png", NOT },
	{ "assets/\xc3\xa9t\xc3\xa9"
	  "2x4y.png",
		NOT },
	{ "assets/index-BxYz12ab/page.js", NOT },
	{ "_astro/page.astro", NOT },
	/* a folder's name is the whole of a segment */
	{ "my-assets/index-BxYz12ab.js", NOT },
	{ "assets-old/index-BxYz12ab.js", NOT },
	{ "Assets/index-BxYz12ab.js", NOT },
	{ "static/index-BxYz12ab.js", NOT },
	{ "_next/image/BxYz12ab.js", NOT },
	{ "assets/", NOT },
};

static void check(const struct hashed_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct hashed_case *c = &cases[i];
		enum reason why = REASON_COUNT;
		bool is_hashed = hashed_is(span_of(c->name), &why);
		expect(why == c->why, "%s: reason %d", c->name,
			(int)why - (int)HEX);
		expect(is_hashed == (why == HEX || why == FOLDER), "%s",
			c->name);
	}
}

static void tools_are_recognised(void **state)
{
	(void)state;
	check(tools, array_count(tools));
}

static void people_are_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < array_count(people); i++)
		assert_true(people[i].why != HEX && people[i].why != FOLDER);
	check(people, array_count(people));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tools_are_recognised),
		cmocka_unit_test(people_are_not),
	};

	return cmocka_run_group_tests_name("hashed", tests, NULL, NULL);
}
