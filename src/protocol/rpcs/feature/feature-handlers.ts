import type { Caller } from '../../../calls/caller.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type { FeatureServiceDefinition } from '../../gen/latchkey/v1/feature_service.js';
import type { Handlers } from '../method.js';
import { batchEvaluateMethod } from './batch-evaluate.js';
import { evaluateMethod } from './evaluate.js';
import { evaluateStreamMethod } from './evaluate-stream.js';
import { identifyMethod } from './identify.js';
import { getProgressMethod, updateProgressMethod } from './progress.js';
import { getRequirementsMethod, listRequirementsMethod } from './requirements.js';
import { setFlagMethod } from './set-flag.js';
import { trackMethod } from './track.js';
import { watchMethod } from './watch.js';

/** One handler for each RPC of `FeatureService`. */
export function featureHandlers({
  actorNames,
  evaluateStreams,
  evaluation,
  events,
  flags,
  keeper,
  progress,
  requirements,
  streams,
  users,
}: ServiceSet): Handlers<FeatureServiceDefinition, Caller> {
  return {
    evaluate: evaluateMethod(evaluation),
    batchEvaluate: batchEvaluateMethod(evaluation),
    evaluateStream: evaluateStreamMethod(evaluateStreams),
    setFlag: setFlagMethod(flags, keeper),
    updateProgress: updateProgressMethod(progress),
    getProgress: getProgressMethod(progress),
    identify: identifyMethod(users),
    track: trackMethod(events),
    getRequirements: getRequirementsMethod(requirements),
    listRequirements: listRequirementsMethod(requirements),
    watch: watchMethod({ streams, actorNames }),
  };
}
