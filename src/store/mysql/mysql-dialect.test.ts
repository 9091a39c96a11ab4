import { describe, expect, it } from '@jest/globals';
import { mysqlDialect } from './mysql-dialect.js';

const { failureOf, endsTransaction } = mysqlDialect;

describe('what an error of MySQL or MariaDB means', () => {
  it('is not the statement’s fault where the disk is full, memory is short or a table is being restored', () => {
    for (const errno of [1021, 1030, 1038, 1114, 1146, 1206])
      expect([errno, failureOf({ errno })]).toEqual([errno, 'away']);
  });

  it('is the moment’s where another transaction was faster, which may have ended this one', () => {
    for (const errno of [1020, 1205, 1213]) expect([errno, failureOf({ errno })]).toEqual([errno, 'again']);
    expect([1020, 1205, 1213].filter((errno) => endsTransaction({ errno }))).toEqual([1020, 1213]);
  });

  it('is a defect where the statement or what it carries is wrong', () => {
    for (const errno of [1054, 1064, 1264, 1406]) expect([errno, failureOf({ errno })]).toEqual([errno, 'defect']);
    expect(failureOf(new Error('something else'))).toBe('defect');
  });
});
