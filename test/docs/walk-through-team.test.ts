import { describePage } from './page-test.js';

describePage('walk-through-team.md');
