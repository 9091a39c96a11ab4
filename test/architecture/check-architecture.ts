import { posix } from 'node:path';
import { findCircles, findMutualFolders } from './find-circles.js';
import { type FoundImport, findImports } from './find-imports.js';
import {
  COMPOSITION_PARTS,
  ENVIRONMENT_PATHS,
  IMPURE,
  PARTS,
  type Part,
  TEST_PATHS,
  TYPES_ALONE,
  WALLS,
} from './floors.js';
import { maskLiterals } from './mask-literals.js';

export interface SourceFile {
  /** From the repository's root, with `/`: `src/core/flag.ts`. */
  readonly path: string;
  readonly source: string;
}

/** Holds the table of floors and walls against a set of sources; one sentence per violation, none when all is well. */
export function checkArchitecture(files: readonly SourceFile[]): string[] {
  const production = files.filter((file) => !TEST_PATHS.test(file.path));
  const paths = new Set(files.map(({ path }) => path));
  const edges = new Map<string, string[]>();
  const violations = production.flatMap((file) => {
    const masked = maskLiterals(file.source);
    const { imports, computed } = findImports(masked);
    edges.set(
      file.path,
      imports.filter(isRelative).map((found) => sourceNamed(resolveImport(file.path, found.specifier), paths)),
    );
    const part = partOf(file.path);
    if (part === undefined) {
      return [`${file.path} is on no floor`];
    }
    return [
      ...imports.flatMap((found) =>
        isRelative(found) ? checkOwn(file.path, part, found) : checkPackage(file.path, part, found),
      ),
      ...(computed > 0 ? [`${file.path} imports a computed name`] : []),
      ...checkEnvironment(file.path, masked.code, masked.strings, imports),
      ...(part.name === 'core' ? checkPurity(file.path, masked.code) : []),
    ];
  });
  const circles = findCircles(edges).map((circle) => `imports go in a circle: ${circle.join(' → ')}`);
  const mutual = findMutualFolders(edges).map(([one, other]) => `two folders import each other: ${one} ↔ ${other}`);
  return [...violations, ...circles, ...mutual];
}

function partOf(path: string): Part | undefined {
  return PARTS.find((part) => part.paths.test(path));
}

function isRelative(found: FoundImport): boolean {
  return found.specifier.startsWith('.');
}

/** The source that a relative import means: the compiled name stands for the TypeScript file. */
function resolveImport(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** The compiled name may stand for a file with JSX, too. */
function sourceNamed(path: string, paths: ReadonlySet<string>): string {
  return paths.has(`${path}x`) ? `${path}x` : path;
}

function checkOwn(path: string, part: Part, found: FoundImport): string[] {
  const target = resolveImport(path, found.specifier);
  if (TEST_PATHS.test(target)) {
    return [`${path} imports ${target}, which is for tests`];
  }
  if (!/^(?:src|console\/src)\//.test(target)) {
    return COMPOSITION_PARTS.includes(part.name) ? [] : [`${path} imports ${target}, outside src`];
  }
  const targetPart = partOf(target);
  if (targetPart === undefined) {
    return [`${path} imports ${target}, which is on no floor`];
  }
  if (TYPES_ALONE.test(target) && !/^\s*type\b/.test(found.clause)) {
    return [`${path} imports more than types of ${target}`];
  }
  if (targetPart.name === part.name || part.mayImport.includes(targetPart.name)) {
    return [];
  }
  return [`${path} (${part.name}) imports ${target} (${targetPart.name})`];
}

function checkPackage(path: string, part: Part, found: FoundImport): string[] {
  if (found.specifier.startsWith('node:')) {
    return part.name === 'core' ? [`${path} (core) imports ${found.specifier}`] : [];
  }
  const name = packageName(found.specifier);
  const wall = WALLS.find((candidate) => candidate.package.test(name));
  if (wall === undefined) {
    return [`${path} imports ${name}, a package without a wall`];
  }
  return wall.paths.test(path) ? [] : [`${path} imports ${name}, which belongs to ${wall.where}`];
}

/** `@grpc/grpc-js/build/x` is `@grpc/grpc-js`; `mysql2/promise` is `mysql2`. */
function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function checkEnvironment(
  path: string,
  code: string,
  strings: readonly string[],
  imports: readonly FoundImport[],
): string[] {
  if (ENVIRONMENT_PATHS.test(path)) {
    return [];
  }
  const named = imports.some(({ specifier, clause }) => /^(node:)?process$/.test(specifier) && /\benv\b/.test(clause));
  const read =
    /\bprocess\s*\??\.\s*env\b/.test(code) || /\{[^{}]*\benv\b[^{}]*\}\s*=\s*(globalThis\.)?process\b/.test(code);
  const indexed = [...code.matchAll(/\bprocess\s*\[\s*"(\d+)"/g)].some((match) => strings[Number(match[1])] === 'env');
  return named || read || indexed
    ? [`${path} reads the environment, which only src/config/config.ts and src/main.ts do`]
    : [];
}

function checkPurity(path: string, code: string): string[] {
  return IMPURE.filter(({ pattern }) => pattern.test(code)).map(({ what }) => `${path} (core) ${what}`);
}
