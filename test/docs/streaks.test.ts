import { describePage } from './page-test.js';

describePage('streaks.md');
