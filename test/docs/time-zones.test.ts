import { describePage } from './page-test.js';

describePage('time-zones.md');
