/** `; did you mean "x"?` for the known name nearest to a mistyped one, or '' when none is near. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  if (wrong.length > 64) return '';
  const folded = wrong.toLowerCase();
  let nearest = '';
  let least = Math.max(2, Math.floor(wrong.length / 3)) + 1;
  let looked = 0;
  for (const name of known) {
    looked += 1;
    if (looked > 1000) break;
    if (Math.abs(name.length - wrong.length) >= least) continue;
    const edits = distance(folded, name.toLowerCase());
    if (edits < least) {
      least = edits;
      nearest = name;
    }
  }
  return nearest === '' ? '' : `; did you mean "${nearest}"?`;
}

/** Levenshtein's distance: the least number of characters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
