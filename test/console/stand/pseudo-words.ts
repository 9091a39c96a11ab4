import type { Words } from '../../../console/src/words/catalogue.js';

const ACCENTED: Readonly<Record<string, string>> = {
  ...{ a: 'áá', e: 'éé', i: 'íí', o: 'óó', u: 'úú', A: 'Áá', E: 'Éé', I: 'Íí', O: 'Óó', U: 'Úú' },
  ...{ c: 'ç', d: 'ð', g: 'ğ', h: 'ĥ', j: 'ĵ', k: 'ķ', l: 'ļ', n: 'ñ', r: 'ŕ', s: 'š', t: 'ţ', w: 'ŵ', y: 'ý', z: 'ž' },
  ...{ C: 'Ç', D: 'Ð', G: 'Ğ', H: 'Ĥ', J: 'Ĵ', K: 'Ķ', L: 'Ļ', N: 'Ñ', R: 'Ŕ', S: 'Š', T: 'Ţ', W: 'Ŵ', Y: 'Ý', Z: 'Ž' },
  ...{ b: 'ƀ', B: 'Ɓ', f: 'ƒ', F: 'Ƒ', m: 'ɱ', M: 'Ṁ', p: 'þ', P: 'Þ', v: 'ṽ', V: 'Ṽ', x: 'ẋ', X: 'Ẋ', q: 'ɋ', Q: 'Ɋ' },
};

/**
 * The words as no language has them: accented, some 40 % longer, each text in brackets. What is shown without brackets stands in no
 * catalogue, and where brackets are cut off there is no room for a translation. Takes the place of console/src/words/spoken.ts in a build.
 */
export function spoken<Part extends Partial<Words>>(part: Part): Part {
  return pseudo(part) as Part;
}

function pseudo(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? '' : `⟦${Array.from(value, (c) => ACCENTED[c] ?? c).join('')}⟧`;
  if (typeof value === 'function') return (...given: unknown[]) => pseudo(value(...given));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, pseudo(each)]));
}
