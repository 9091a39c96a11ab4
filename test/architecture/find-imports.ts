import type { MaskedSource } from './mask-literals.js';

export interface FoundImport {
  /** As written: `./flag.js`, `knex`, `node:fs`. */
  readonly specifier: string;
  /** What is taken from it, as far as it is written: `{ env }`, `type { Knex }`; '' for a dynamic import. */
  readonly clause: string;
}

export interface FoundImports {
  readonly imports: readonly FoundImport[];
  /** Dynamic imports whose target is computed, so that nobody can hold the table against them. */
  readonly computed: number;
}

/** `import … from`, `export … from`; the clause holds names, braces, commas, stars and quoted names only. */
const FROM = /\b(?:import|export)\b([\w$\s{},*"]*?)\bfrom\s*"(\d+)"/g;
/** `import 'x'`. */
const SIDE_EFFECT = /\bimport\s*"(\d+)"/g;
/** `import('x')`, in types too; `require('x')`, `require.resolve('x')`, `import.meta.resolve('x')`. */
const CALL = /(?<![\w$]|(?<!\.\.)\.)(?:import(?:\.meta\.resolve)?|require(?:\.resolve)?)\s*\(\s*"(\d+)"\s*[,)]/g;
const COMPUTED = /(?<![\w$]|(?<!\.\.)\.)(?:import|require)\s*\((?!\s*"\d+"\s*[,)])/g;

/** Every module that a source names: static, re-exported, dynamic and type imports. */
export function findImports({ code, strings }: MaskedSource): FoundImports {
  const text = (index: string | undefined): string => strings[Number(index)] ?? '';
  return {
    imports: [
      ...[...code.matchAll(FROM)].map((match) => ({ specifier: text(match[2]), clause: (match[1] ?? '').trim() })),
      ...[...code.matchAll(SIDE_EFFECT)].map((match) => ({ specifier: text(match[1]), clause: '' })),
      ...[...code.matchAll(CALL)].map((match) => ({ specifier: text(match[1]), clause: '' })),
    ],
    computed: [...code.matchAll(COMPUTED)].length,
  };
}
