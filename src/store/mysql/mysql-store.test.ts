import { describe } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../../test/servers/test-servers.js';
import { storeContract } from '../testing/store-contract.js';
import { migrateMysql } from './migrate-mysql.js';
import { openMysqlStore } from './mysql-store.js';

describe('the store on MariaDB', () => {
  let database: TestDatabase;
  storeContract({
    open: async () => {
      database = await createDatabase();
      await migrateMysql(database);
      return openMysqlStore(database);
    },
    // Port 1 is nobody's.
    unreachable: () => openMysqlStore({ url: 'mysql://latchkey:latchkey@127.0.0.1:1/latchkey', checkSchema: false }),
    remove: () => database.drop(),
  });
});
