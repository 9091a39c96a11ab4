import { describePage } from './page-test.js';

describePage('sentences.md');
