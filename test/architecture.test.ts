import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkArchitecture, type SourceFile } from './architecture/check-architecture.js';
import { findImports } from './architecture/find-imports.js';
import { maskLiterals } from './architecture/mask-literals.js';

const root = join(import.meta.dirname, '..');

function readSources(): SourceFile[] {
  return ['src', 'console/src']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((name) => /\.tsx?$/.test(name))
    .map((path) => ({ path: path.split(sep).join('/'), source: readFileSync(join(root, path), 'utf8') }));
}

function check(path: string, source: string): string[] {
  return checkArchitecture([{ path, source }]);
}

function specifiersOf(source: string): string[] {
  return findImports(maskLiterals(source)).imports.map((found) => found.specifier);
}

describe('the sources', () => {
  it('keep to the floors and walls', () => {
    const sources = readSources();
    expect(sources.length).toBeGreaterThan(0);
    expect(checkArchitecture(sources)).toEqual([]);
  });
});

describe('the floors', () => {
  it.each([
    ['core imports a port', 'src/core/evaluate.ts', "import { Store } from '../store/store.js';"],
    ['core imports a service', 'src/core/evaluate.ts', "import { x } from '../services/x.js';"],
    ['core imports a type of a port', 'src/core/evaluate.ts', "import type { Store } from '../store/store.js';"],
    ['core imports a builtin', 'src/core/evaluate.ts', "import { randomInt } from 'node:crypto';"],
    ['a port imports its adapter', 'src/store/store.ts', "import { x } from './mysql/x.js';"],
    ['a port imports another port', 'src/queue/queue.ts', "import type { Store } from '../store/store.js';"],
    ['outages know whose they are', 'src/outages/time-limit.ts', "import type { Store } from '../store/store.js';"],
    ['core waits', 'src/core/evaluate.ts', "import { x } from '../outages/time-limit.js';"],
    ['a port imports a driver', 'src/store/store.ts', "import type { Knex } from 'knex';"],
    ['a service imports an adapter', 'src/services/events.ts', "import { x } from '../store/sqlite/x.js';"],
    ['a service imports generated code', 'src/services/events.ts', "import { x } from '../protocol/gen/x.js';"],
    ['a service imports the worker', 'src/services/events.ts', "import { x } from '../worker/x.js';"],
    ['the worker imports a service', 'src/worker/sweeper.ts', "import { x } from '../services/x.js';"],
    ['unlocking imports a service', 'src/unlocking/recompute.ts', "import { x } from '../services/x.js';"],
    ['the configuration imports unlocking', 'src/configuration/log.ts', "import { x } from '../unlocking/x.js';"],
    ['a call imports the configuration', 'src/calls/errors.ts', "import { x } from '../configuration/x.js';"],
    ['the worker imports an adapter', 'src/worker/recompute.ts', "import { x } from '../queue/bullmq/x.js';"],
    ['an adapter imports a service', 'src/store/mysql/users.ts', "import { x } from '../../services/x.js';"],
    ['an adapter imports its sibling', 'src/store/mysql/users.ts', "import { x } from '../sqlite/x.js';"],
    ['shared SQL imports an engine', 'src/store/sql/users.ts', "import { x } from '../mysql/x.js';"],
    ['an adapter imports another port', 'src/queue/embedded/queue.ts', "import { x } from '../../store/store.js';"],
    ['a door imports an adapter', 'src/grpc/server.ts', "import { x } from '../store/mysql/x.js';"],
    ['a door imports another door', 'src/rest/server.ts', "import { x } from '../grpc/server.js';"],
    ['a door imports the worker', 'src/rest/server.ts', "import { x } from '../worker/x.js';"],
    ['the protocol imports a door', 'src/protocol/http/x.ts', "import { x } from '../../rest/server/x.js';"],
    ['REST imports generated code', 'src/rest/server.ts', "import { x } from '../protocol/gen/x.js';"],
    ['a service imports the configuration', 'src/services/x.ts', "import { config } from '../config/config.js';"],
    ['a door imports composition', 'src/grpc/server.ts', "import { x } from '../compose/x.js';"],
    ['a service imports observability', 'src/services/x.ts', "import { x } from '../observability/x.js';"],
    ['a server has a movable clock', 'src/compose/x.ts', "import { x } from '../test-server/movable-clock.js';"],
    ['the configuration imports main', 'src/config/config.ts', "import { x } from '../main.js';"],
    ['observability imports a door', 'src/observability/metrics.ts', "import { x } from '../rest/x.js';"],
    ['production code imports a test', 'src/services/x.ts', "import { x } from './y.test.js';"],
    ['production code imports test support', 'src/services/x.ts', "import { x } from '../store/testing/x.js';"],
    ['the console imports the server', 'console/src/pages/x/x.tsx', "import { x } from '../../../../src/core/x.js';"],
    [
      'the console imports generated code',
      'console/src/api/x.ts',
      "import { x } from '../../../src/protocol/gen/x.js';",
    ],
    [
      'the console imports more than types',
      'console/src/api/x.ts',
      "import { x } from '../../../src/protocol/gen/admin-json.js';",
    ],
    ['a component calls the API', 'console/src/ui/x.tsx', "import { call } from '../api/api.js';"],
    ['a draft draws', 'console/src/draft/x.ts', "import { x } from '../ui/x.js';"],
    ['a page imports the frame', 'console/src/pages/x/x.tsx', "import { x } from '../../app/x.js';"],
    ['the server imports the console', 'src/rest/x.ts', "import { x } from '../../console/src/words/en.js';"],
    ['a file leaves src', 'src/services/x.ts', "import p from '../../package.json' with { type: 'json' };"],
    ['a file is on no floor', 'src/helpers/x.ts', 'export const x = 1;'],
  ])('refuse that %s', (_name, path, source) => {
    expect(check(path, source)).toHaveLength(1);
  });

  it.each([
    ['src/core/evaluate.ts', "import { x } from './flag.js';\nimport { Rule } from 'json-rules-engine';"],
    ['src/store/store.ts', "import type { Flag } from '../core/flag.js';"],
    [
      'src/services/events.ts',
      "import type { S } from '../store/store.js';\nimport { randomUUID } from 'node:crypto';",
    ],
    ['src/store/mysql/users.ts', "import { x } from '../sql/x.js';\nimport { createPool } from 'mysql2/promise';"],
    [
      'src/grpc/server.ts',
      "import { x } from '../protocol/gen/latchkey/v1/x.js';\nimport { s } from '../services/s.js';",
    ],
    ['src/rest/admin/x.ts', "import { x } from '../../protocol/http/x.js';\nimport fastify from 'fastify';"],
    ['src/protocol/gen/x.ts', "import { BinaryReader } from '@bufbuild/protobuf/wire';"],
    ['src/main.ts', "import { config } from './config/config.js';\nimport { x } from './compose/x.js';"],
    ['src/compose/server.ts', "import { c } from '../config/config.js';\nimport { m } from '../store/mysql/m.js';"],
    ['src/observability/metrics.ts', "import { Counter } from 'prom-client';\nimport { q } from '../queue/queue.js';"],
    ['src/services/x.test.ts', "import { m } from '../store/mysql/m.js';\nimport knex from 'knex';"],
    [
      'console/src/pages/x/x.tsx',
      "import type { Flag } from '../../../../src/protocol/gen/admin-json.js';\nimport { Button } from '../../ui/button.js';",
    ],
    ['console/src/ui/x.tsx', "import { X } from '@base-ui/react/dialog';\nimport './x.css';"],
    [
      'src/store/testing/contract.ts',
      "import { it } from '@jest/globals';\nimport { c } from '../../config/config.js';",
    ],
  ])('allow %s what it needs', (path, source) => {
    expect(check(path, source)).toEqual([]);
  });
});

describe('the walls', () => {
  it.each([
    ['src/services/x.ts', 'knex'],
    ['src/worker/x.ts', 'mysql2/promise'],
    ['src/main.ts', 'better-sqlite3'],
    ['src/services/x.ts', 'node-cache'],
    ['src/unlocking/x.ts', 'lru-cache'],
    ['src/worker/x.ts', 'bullmq'],
    ['src/notify/redis/x.ts', 'bullmq'],
    ['src/store/cached/x.ts', 'ioredis'],
    ['src/rest/x.ts', '@grpc/grpc-js'],
    ['src/services/x.ts', '@bufbuild/protobuf/wire'],
    ['src/grpc/x.ts', 'fastify'],
    ['src/services/x.ts', '@fastify/cors'],
    ['src/services/x.ts', 'typebox'],
    ['src/services/x.ts', 'json-rules-engine'],
    ['src/services/x.ts', 're2js'],
    ['src/rest/x.ts', 'semver'],
    ['src/services/x.ts', 'jose'],
    ['src/services/x.ts', 'pino'],
    ['src/rest/x.ts', 'prom-client'],
    ['src/services/x.ts', 'left-pad'],
    ['src/services/x.ts', 'fs'],
    ['src/rest/x.ts', 'react'],
    ['console/src/pages/x/x.tsx', '@base-ui/react/dialog'],
    ['console/src/pages/x/x.tsx', '@fontsource-variable/inter'],
    ['console/src/pages/x/x.tsx', '@codemirror/view'],
    ['console/src/api/x.ts', 'fastify'],
  ])('%s may not import %s, whatever the form', (path, name) => {
    const forms = [
      `import x from '${name}';`,
      `import type { X } from "${name}";`,
      `import {\n  a,\n  type B, // with a comment\n} from '${name}';`,
      `export * from '${name}';`,
      `export { a as b } from '${name}'`,
      `import '${name}';`,
      `const x = await import('${name}');`,
      `const x = await import(\n  /* lazily */ \`${name}\`\n);`,
      `let x: import('${name}').X;`,
      `const x = createRequire(import.meta.url)('y'); const y = require('${name}');`,
    ];
    for (const form of forms) {
      expect({ form, violations: check(path, form) }).toEqual({ form, violations: [expect.stringContaining(path)] });
    }
  });
});

describe('the environment', () => {
  it.each([
    'const x = process.env.HOME;',
    "const x = process['env'];",
    "import { env } from 'node:process';",
    'const { env } = process;',
  ])('is not read by %s outside the configuration', (source) => {
    expect(check('src/services/x.ts', source)).toEqual([expect.stringContaining('reads the environment')]);
    expect(check('src/config/config.ts', source)).toEqual([]);
  });
});

describe('the core', () => {
  it.each([
    ['reads the clock', 'const now = Date.now();'],
    ['reads the clock', 'const now = new Date();'],
    ['uses randomness', 'const x = Math.random();'],
    ['waits', 'export async function f() {}'],
    ['writes a log', "console.log('x');"],
  ])('is refused when it %s', (what, source) => {
    expect(check('src/core/x.ts', source)).toEqual([`src/core/x.ts (core) ${what}`]);
    expect(check('src/services/x.ts', source)).toEqual([]);
  });

  it('may parse and build dates that it is given', () => {
    expect(
      check('src/core/x.ts', '// Date.now() is not for us\nconst d = new Date(now); const t = Date.parse(s);'),
    ).toEqual([]);
  });
});

describe('circles', () => {
  it('are refused, over any number of files and through types too', () => {
    const files = [
      { path: 'src/core/a.ts', source: "import { b } from './b.js';" },
      { path: 'src/core/b.ts', source: "export * from './c.js';" },
      { path: 'src/core/c.ts', source: "import type { A } from './a.js';" },
    ];
    expect(checkArchitecture(files)).toEqual([
      'imports go in a circle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts',
    ]);
    expect(checkArchitecture(files.slice(0, 2))).toEqual([]);
  });

  it('are not seen where two files share a third', () => {
    const files = [
      { path: 'src/core/a.ts', source: "import { b } from './b.js';\nimport { c } from './c.js';" },
      { path: 'src/core/b.ts', source: "import { c } from './c.js';" },
      { path: 'src/core/c.ts', source: 'export const c = 1;' },
    ];
    expect(checkArchitecture(files)).toEqual([]);
  });
});

describe('folders that import each other', () => {
  it('are refused, whatever files carry it', () => {
    const files = [
      { path: 'src/core/flags/a.ts', source: "import { b } from '../states/b.js';" },
      { path: 'src/core/states/b.ts', source: '' },
      { path: 'src/core/states/c.ts', source: "import { d } from '../flags/d.js';" },
      { path: 'src/core/flags/d.ts', source: '' },
    ];
    expect(checkArchitecture(files)).toEqual(['two folders import each other: src/core/flags ↔ src/core/states']);
    expect(checkArchitecture(files.slice(0, 2))).toEqual([]);
  });

  it('are refused between a folder and the folder in it', () => {
    const files = [
      { path: 'src/core/a.ts', source: "import { b } from './flags/b.js';" },
      { path: 'src/core/flags/b.ts', source: '' },
      { path: 'src/core/flags/c.ts', source: "import { d } from '../d.js';" },
      { path: 'src/core/d.ts', source: '' },
    ];
    expect(checkArchitecture(files)).toEqual(['two folders import each other: src/core ↔ src/core/flags']);
  });

  it('are refused where folders within them carry it', () => {
    const files = [
      { path: 'src/services/users/a.ts', source: "import { b } from '../events/b.js';" },
      { path: 'src/services/events/b.ts', source: '' },
      { path: 'src/services/events/parse/c.ts', source: "import { d } from '../../users/d.js';" },
      { path: 'src/services/users/d.ts', source: '' },
    ];
    expect(checkArchitecture(files)).toEqual([
      'two folders import each other: src/services/events ↔ src/services/users',
    ]);
  });
});

describe('reading imports', () => {
  it('sees none in comments, strings, templates and regular expressions', () => {
    const source = [
      "// import a from 'a';",
      "/* import b from 'b'; */",
      'const c = "import c from \'c\'";',
      "const d = `import d from 'd'; import('e')`;",
      "const f = /import 'f'/;",
    ].join('\n');
    expect(specifiersOf(source)).toEqual([]);
  });

  it('goes on after what confuses a reader', () => {
    const source = [
      "const a = path.replace(/\\/*$/, '').replace(/[/`'\"]/g, '');",
      'const b = total / 2; const c = `$' + '{`nested $' + "{import('inside')} text`} import 'no'`;",
      "const d = 'it\\'s';",
      "const e = import('after'); const f = { ...require('spread') };",
    ].join('\n');
    expect(specifiersOf(source)).toEqual(['inside', 'after', 'spread']);
  });

  it('does not take a function, an interface or a call of that name for an import', () => {
    const source = [
      "export function from(x: string) { return 'x'; }",
      "export interface Range { from: 'a'; to: 'b' }",
      "export const x = { from: 'y' };",
      "await store.import('z');",
    ].join('\n');
    expect(specifiersOf(source)).toEqual([]);
  });

  it('refuses an import whose name is computed', () => {
    expect(check('src/services/x.ts', 'await import(name);')).toEqual(['src/services/x.ts imports a computed name']);
    expect(check('src/services/x.ts', "await import('./' + name);")).toHaveLength(1);
  });
});
