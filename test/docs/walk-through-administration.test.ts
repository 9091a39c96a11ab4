import { describePage } from './page-test.js';

describePage('walk-through-administration.md');
