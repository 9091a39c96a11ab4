import { describeNotifier } from '../testing/notifier-contract.js';
import { openLocalNotifier } from './local-notifier.js';

// One process is one server: the notices of others do not exist here.
describeNotifier('local', { openServer: async (onError) => openLocalNotifier({ onError }), manyServers: false });
