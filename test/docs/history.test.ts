import { describePage } from './page-test.js';

describePage('history.md');
