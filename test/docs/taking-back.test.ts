import { describePage } from './page-test.js';

describePage('taking-back.md');
