import { describe, expect, it } from '@jest/globals';
import { nearest, piecesOf } from './near-names.js';

const named = (key: string, name = key) => ({ key, name });
const FLAGS = [
  named('dashboard', 'Dashboard'),
  named('dashboard_v2'),
  named('new_checkout', 'New checkout'),
  named('tour'),
];

describe('names near one that is not there', () => {
  it('are those with a slip, in another order or in other letters, the nearest first', () => {
    expect(nearest('dashbord', FLAGS).map(({ key }) => key)).toEqual(['dashboard', 'dashboard_v2']);
    expect(nearest('checkout-new', FLAGS).map(({ key }) => key)).toEqual(['new_checkout']);
    expect(nearest('TOUR', FLAGS).map(({ key }) => key)).toEqual(['tour']);
    expect(nearest('zzz', FLAGS)).toEqual([]);
    expect(nearest('tour', FLAGS)).toEqual([]);
  });

  it('are asked for by pieces, one of which is without the slip', () => {
    expect(piecesOf('dashbord')).toEqual(['dashbord', 'das', 'da', 'ord']);
    expect(piecesOf(' new_chekcout ')).toEqual(['new_chekcout', 'chekcout', 'new', 'ne', 'out']);
    expect(piecesOf('x')).toEqual([]);
    expect(piecesOf('w'.repeat(500))).toEqual(['www', 'ww']);
  });
});
