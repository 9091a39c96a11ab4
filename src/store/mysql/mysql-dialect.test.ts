import { describe, expect, it } from '@jest/globals';
import { mysqlDialect } from './mysql-dialect.js';

const { failureOf, endsTransaction, turnsAway } = mysqlDialect;

describe('what an error of MySQL or MariaDB means', () => {
  it('is not the statement’s fault where the disk is full, memory is short or a table is being restored', () => {
    for (const errno of [1021, 1030, 1038, 1114, 1146, 1206])
      expect([errno, failureOf({ errno })]).toEqual([errno, 'away']);
  });

  it('is not the statement’s fault where a server refuses everybody, and another connection may lead to a better one', () => {
    for (const errno of [1036, 1047, 1053, 1290, 1792, 1836, 1927, 2006, 2013, 3032, 3100, 9001])
      expect([errno, failureOf({ errno }), turnsAway({ errno })]).toEqual([errno, 'away', true]);
    for (const errno of [1040, 1203, 1317, 1969, 3024])
      expect([errno, failureOf({ errno }), turnsAway({ errno })]).toEqual([errno, 'away', false]);
  });

  it('is told by its class where its number is not known', () => {
    const of = (sqlState: string) => failureOf({ errno: 7777, sqlState });
    expect(['08S01', '25006', '28000', '53200', '57014', '70100', 'HY000'].map(of)).toEqual(Array(7).fill('away'));
    expect(['40001', '40000'].map(of)).toEqual(['again', 'again']);
    expect(['22003', '23000', '42000', '21S01'].map(of)).toEqual(Array(4).fill('defect'));
  });

  it('is the moment’s where another transaction was faster, which may have ended this one', () => {
    const again = [1020, 1180, 1205, 1213, 1412, 3101, 3572];
    for (const errno of again) expect([errno, failureOf({ errno })]).toEqual([errno, 'again']);
    const ending = again.filter((errno) => endsTransaction({ errno }));
    expect(ending).toEqual([1020, 1180, 1213, 1412, 3101]);
  });

  it('is a defect where the statement or what it carries is wrong', () => {
    for (const errno of [1054, 1064, 1264, 1366, 1406])
      expect([errno, failureOf({ errno })]).toEqual([errno, 'defect']);
    expect(failureOf(new Error('something else'))).toBe('defect');
  });
});
