import { describePage } from './page-test.js';

describePage('tiers-and-limits.md');
