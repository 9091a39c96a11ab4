import { describePage } from './page-test.js';

describePage('overview.md');
