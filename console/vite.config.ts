import { defineConfig } from 'vite';
import { compressFiles } from './build/compress-files.js';
import { firstPage } from './build/first-page.js';
import { thirdPartyNotices } from './build/third-party-notices.js';

/** Where `npm run console:dev` passes on what the console asks the server. */
const SERVER = process.env.LATCHKEY_URL ?? 'http://127.0.0.1:8080';

/** The path of a module that says the words in another language, see console/src/words/spoken.ts. */
const SPOKEN = process.env.CONSOLE_SPOKEN;

/** What everybody loads: the frame, and the list of flags, where most visits begin. */
const first = firstPage('main.tsx', 'pages/flags/flags-page.tsx');

/** Builds the console into `dist-console/`. Its files load each other by relative paths, so that it can be served below any path. */
export default defineConfig(({ command }) => {
  // Whatever runs the build, such as a test, may say that it is something else.
  if (command === 'build') process.env.NODE_ENV = 'production';
  return {
    root: import.meta.dirname,
    // The sources are served where the page says that it is, see index.html; `/` leads there.
    base: command === 'serve' ? '/console/' : './',
    // Another language is another module in the place of words/spoken.ts.
    resolve: { alias: SPOKEN === undefined ? [] : [{ find: /^\.\/spoken\.js$/, replacement: SPOKEN }] },
    build: {
      outDir: process.env.CONSOLE_OUT_DIR ?? '../dist-console',
      emptyOutDir: true,
      target: 'es2023',
      // Pictures and fonts in data: URLs would need a looser policy than the server's.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 700,
      reportCompressedSize: false,
      rolldownOptions: {
        // Components of libraries say that they are for browsers, which all of this is.
        // What the first page needs comes in few files: of libraries, which stay the same from version to version, and of the console.
        output: {
          codeSplitting: {
            groups: [
              { name: 'libraries', test: (id) => first.has(id) && id.includes('/node_modules/') },
              { name: 'shared', test: (id) => first.has(id) && (id.endsWith('.css') || !id.includes('/pages/flags/')) },
            ],
            includeDependenciesRecursively: false,
          },
        },
        onLog: (level, log, report) => {
          if (log.code !== 'MODULE_LEVEL_DIRECTIVE') report(level, log);
        },
      },
    },
    server: {
      port: 5173,
      strictPort: true,
      // The console's own origin counts as the server's: sessions are for requests of the same origin.
      proxy: { '/api': { target: SERVER }, '/openapi.json': { target: SERVER }, '/docs': { target: SERVER } },
    },
    plugins: [first.plugin, thirdPartyNotices(), compressFiles()],
  };
});
