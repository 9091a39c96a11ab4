import { describePage } from './page-test.js';

describePage('organizations.md');
