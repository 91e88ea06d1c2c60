export default { build: { sourcemap: false, modulePreload: { polyfill: false } } };
