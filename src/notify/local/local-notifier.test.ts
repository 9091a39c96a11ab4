import { describeNotifier } from '../testing/notifier-contract.js';
import { openLocalNotifier } from './local-notifier.js';

// One process is one node: the notices of others do not exist here.
describeNotifier('local', { openNode: async (onError) => openLocalNotifier({ onError }), manyNodes: false });
