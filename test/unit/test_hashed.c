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
	{ "01feb02dee2024.js", HEX },
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
	/* the limits: three small letters, three digits, the points, which are
	 * 6 for scripts, 8 for others, 8 with signs (parts, rare pairs, and one
	 * for B, C, D) */
	{ "assets/a-xQc1deF2.js", FOLDER },
	{ "assets/a-xQc1defG.js", FOLDER },
	{ "assets/a-Q1defgHX.js", NOT },
	{ "assets/a-xQcX123e.js", FOLDER },
	{ "assets/a-xQX1234e.js", NOT },
	{ "assets/a-Ra1Ra1Ra.js", NOT },
	{ "assets/a-Ra1Ra1R2.js", FOLDER },
	{ "assets/a-Ca1Ra1Ra.js", FOLDER },
	{ "assets/a-Ra1Ra1R2.png", NOT },
	{ "assets/a-R1a2Ra1R.png", NOT },
	{ "assets/a-R1a2R1aR.png", FOLDER },
	{ "assets/a-Ra-Ra_R1.js", NOT },
	{ "assets/a-R-a-R1_R.js", FOLDER },
	/* behind '-' or '.', not alone, and eight */
	{ "assets/a.xQc1deF2.js", FOLDER },
	{ "assets/a_xQc1deF2.js", NOT },
	{ "assets/xQc1deF2.js", NOT },
	{ "assets/a-xQc1deF.js", NOT },
	{ "assets/a-xQc1deF23.js", NOT },
	/* Astro, Nuxt, SvelteKit */
	{ "_astro/hoisted.Bc4kX9d2.js", FOLDER },
	{ "_astro/hoisted.Bc4XK9d2.js", FOLDER },
	{ "_astro/about.DkT8q2nP.css", FOLDER },
	{ "_nuxt/entry.Cq1ZtP8w.css", FOLDER },
	{ "_nuxt/DlAUqK2U.js", FOLDER },
	{ "_nuxt/builds/meta/4d5a2f0e-8f3b-4c1e-9a7d-0f1e2d3c4b5a.json", UUID },
	{ "_app/immutable/entry/start.B4kX9d2s.js", FOLDER },
	{ "_app/immutable/chunks/C8vT3x5Q.js", FOLDER },
	{ "_app/version.json", NOT },
	/* What follows was built for this table: Vite 7 and 8, which is Rollup
	 * and Rolldown. Of the hashes with a digit one in ten looks like a
	 * name; those without are not told from "settings-NewUsers". */
	{ "assets/LoginForm121-CAU9UJTz.js", FOLDER },
	{ "assets/LoginForm64-DZO4GmBa.js", FOLDER },
	{ "assets/cart28-Bq0A3kpp.js", FOLDER },
	{ "assets/i18n-CA4BrVUQ.js", FOLDER },
	{ "assets/profile117-DN0hZuAZ.js", FOLDER },
	{ "assets/user-list42-BEYbg2VM.js", FOLDER },
	{ "assets/Dashboard272-C1Gt05ig.js", FOLDER },
	{ "assets/help-uS9Nr-X1.js", FOLDER },
	{ "assets/home38-2IM5qMVj.js", FOLDER },
	{ "assets/v2263-BCjQPQX0.js", FOLDER },
	{ "assets/use-fetch131-DJ73F1aF.js.map", FOLDER },
	{ "assets/LoginForm102-DlGmfKoN.js", NOT },
	{ "assets/settings-Bs99vRt_.js", NOT },
	{ "assets/checkout46-DZmwobIl.js", NOT },
	{ "assets/checkout141-2NEU1eav.js", NOT },
	/* VitePress */
	{ "assets/guide_index.md.BsJ3kX9a.js", FOLDER },
	{ "assets/guide_index.md.BsJ3kX9a.lean.js", FOLDER },
	/* webpack 5, its chunks, and those with too few letters or digits */
	{ "js/2259.67dc70df.chunk.js", HEX },
	{ "js/2621.6bc9f197.chunk.js", HEX },
	{ "js/3667.050d39a9.chunk.js", HEX },
	{ "js/4617.b2bd52b2.chunk.js", HEX },
	{ "js/6595.26f77147.chunk.js", NOT },
	{ "js/6875.81c05488.chunk.js", NOT },
	/* Parcel 2 */
	{ "about20.5ae4576e.js.map", HEX },
	{ "help.ebf1c4db.js", HEX },
	{ "i18n51.bc0fd80c.js", HEX },
	{ "x156.530fb1de.js", HEX },
	{ "home.10d20443.js", NOT },
	/* Next 16, webpack and Turbopack: 13 of base38 */
	{ "_next/static/chunks/app/about/page-53bfe6e81737b1ab.js", HEX },
	{ "_next/static/chunks/app/team/page-1c3a7930dd2bd6cf.js", HEX },
	{ "_next/static/chunks/4bd1b696-c7408084347438ae.js", HEX },
	{ "_next/static/css/52e08252833ee440.css", HEX },
	{ "_next/static/media/pic.9d03e9a1.svg", HEX },
	{ "_next/static/chunks/0awb9gamyekqv.js", FOLDER },
	{ "_next/static/chunks/0oaow5d4rin_y.js", FOLDER },
	{ "_next/static/chunks/11kjygqdoxbt-.js", FOLDER },
	{ "_next/static/chunks/3-lcba4vjn5n3.js", FOLDER },
	{ "_next/static/chunks/3ko--zuhlm5tw.css", FOLDER },
	{ "_next/static/chunks/turbopack-2u1d16houkiyo.js", FOLDER },
	{ "_next/static/media/pic.2_i4kx3q5vxhc.svg", FOLDER },
	{ "_next/static/v7p6KSF84bIuswrztZ7Dp/_ssgManifest.js", NOT },
	/* Nuxt 4 */
	{ "_nuxt/6aZOslw-.js", FOLDER },
	{ "_nuxt/B1k30nCd.js", FOLDER },
	{ "_nuxt/BNaOu_-4.js", FOLDER },
	{ "_nuxt/8877wFX7.js", FOLDER },
	{ "_nuxt/pricing.Cc4VKUSk.css", FOLDER },
	{ "_nuxt/error-500.DBWf9FGj.css", FOLDER },
	{ "_nuxt/BPPmBNKT.js", NOT },
	{ "_nuxt/builds/latest.json", NOT },
	/* Astro 5: a picture has its transformation behind the hash */
	{ "_astro/cart.D4tLOJZm.png", FOLDER },
	{ "_astro/about.C4zE-oNK_2ueBJx.webp", FOLDER },
	{ "_astro/index.CeAW75qm_Zxqnoj.webp", FOLDER },
	{ "_astro/orders.BVtA8Gu__Z1jFyGz.webp", FOLDER },
	{ "_astro/lazy-checkout.wbVKmlJ8.js", FOLDER },
	{ "_astro/help.astro_astro_type_script_index_0_lang.MK-76KLX.js", NOT },
	{ "_astro/index.astro_astro_type_script_index_0_lang.D-CQf7I2.js",
		FOLDER },
	{ "_astro/docs.BMGIeMiH.png", NOT },
	/* SvelteKit 2 */
	{ "_app/immutable/assets/17.CYn86dPh.css", FOLDER },
	{ "_app/immutable/assets/9.8xLvLMnu.css", FOLDER },
	{ "_app/immutable/chunks/CX_4CIgE.js", FOLDER },
	{ "_app/immutable/chunks/wbPk3Yxo.js", FOLDER },
	{ "_app/immutable/entry/start.CsOg0vNT.js", FOLDER },
	{ "_app/immutable/nodes/14.D4JdcqM9.js", FOLDER },
	{ "_app/immutable/assets/10.BuQizVeQ.css", NOT },
	/* Hugo: md5, sha256, sha384 */
	{ "css/blog.min.97370fc0e37d05d38fc5b31a735b8f94.css", HEX },
	{ "css/docs.b9be065c3f2a6a822e9a6efb21185e0a0ef5d5fdf64265bb689e0f048"
	  "f724ee1.css",
		HEX },
	{ "js/blog.3f6df04d86f5f7bde3a3d2bc29e0e50dcb1677bb8ab5e5c71f42468c83"
	  "9bd22893a13fe7856b79e0731e6dfe5c9f5094.js",
		HEX },
	/* esbuild and Angular 20: base32, beside the page and not in a folder;
	 * as scripts in assets/ they are known by it */
	{ "main-YMGTFLY5.js", NOT },
	{ "chunk-3VUZFNZL.js", NOT },
	{ "media/pic-6X7XOE3M.svg", NOT },
	{ "chunks/about-ADB3QI6E.js", NOT },
	{ "assets/chunk-3VUZFNZL.js", NOT },
	{ "assets/chunk-7OQ3T2MD.js", FOLDER },
	{ "assets/chunk-5ZGUTG6L.mjs", FOLDER },
	{ "assets/chunk-5ZGUTG6L.mjs.map", FOLDER },
	{ "assets/main-RAINLAM2.js", NOT },
	{ "assets/pic-6X7XOE3M.svg", NOT },
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
	{ "feb02dec.jpg", WORD },
	{ "01feb02dec2024.js", WORD },
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
	/* letters and a number: serials; a script may have no such name */
	{ "AB123456.pdf", WORD },
	{ "invoice-FA004217.pdf", WORD },
	{ "abc12345.png", WORD },
	{ "00421799ca.jpg", WORD },
	{ "abc12345.js", WORD },
	{ "bead1990.png", WORD },
	{ "BEEF2024.pdf", WORD },
	/* products, standards, software */
	{ "assets/photo-summer2024.jpg", NOT },
	{ "assets/quarter1report.pdf", NOT },
	{ "assets/IMG20240101a.jpg", NOT },
	{ "assets/chapter12.mp3", NOT },
	{ "assets/apple-iPhone15.jpg", NOT },
	{ "assets/cars-McLaren720S.jpg", NOT },
	{ "assets/badge-YouTube4K.svg", NOT },
	{ "assets/chart-COVID19ab.svg", NOT },
	{ "assets/talk-B2BSaaS2.pdf", NOT },
	{ "assets/shoe-WMJX25XL.jpg", NOT },
	{ "assets/comic-XKCD2345.png", NOT },
	{ "assets/card-RTX4090T.png", NOT },
	{ "assets/flow-OAuth2CC.svg", NOT },
	{ "assets/test-Http2Get.js", NOT },
	{ "assets/util-i18nUtil.js", NOT },
	{ "assets/logo-k8sLogo2.svg", NOT },
	{ "assets/emu-x86Asm64.js", NOT },
	{ "assets/lib-Base64En.js", NOT },
	{ "assets/lib-Utf8To16.js", NOT },
	{ "assets/lib-Ipv4Addr.js", NOT },
	{ "assets/lib-AtomicU8.js", NOT },
	{ "assets/lib-xml2Conf.js", NOT },
	{ "assets/lib-c14nTrim.js", NOT },
	{ "assets/lib-HTML5VID.js", NOT },
	{ "assets/lib-ES2015TO.js", NOT },
	{ "assets/logo-CSS3Logo.svg", NOT },
	{ "assets/net-WiFi6PDF.pdf", NOT },
	{ "assets/hue-CO2per2h.svg", NOT },
	{ "assets/lab-K2Cr2O7a.svg", NOT },
	{ "assets/lab-NaC2H3O2.svg", NOT },
	{ "assets/lab-Al2Si2O5.svg", NOT },
	{ "assets/bot-R2D2C3PO.jpg", NOT },
	{ "assets/show-S01E02HD.mp4", NOT },
	{ "assets/DVDRip2x.mp4", NOT },
	{ "assets/user-JSmith82.jpg", NOT },
	{ "assets/user-JvdBerg7.jpg", NOT },
	{ "assets/film-DrNo1962.jpg", NOT },
	{ "assets/lat48-Lon11N.png", NOT },
	{ "assets/PXL_20240101_123456789.jpg", NOT },
	{ "assets/Screenshot-2024-01-01.png", NOT },
	{ "assets/VID_20240101_123456.mp4", NOT },
	{ "assets/swiper-bundle.v11.0.5.js", NOT },
	{ "assets/978-3-16-148410-0.pdf", NOT },
	{ "assets/clip-v6-Clang.js", NOT },
	{ "assets/hvx-RlRh_s16.js", NOT },
	/* a page is no asset, nor is what has no extension */
	{ "docs/immutable/list2map.html", NOT },
	{ "docs/immutable/arraylist2", NOT },
	{ "assets/page-xQc1deF2.html", NOT },
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
