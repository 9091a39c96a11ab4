import { describePage } from './page-test.js';

describePage('derived-actions.md');
