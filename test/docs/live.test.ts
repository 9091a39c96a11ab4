import { describePage } from './page-test.js';

describePage('live.md');
