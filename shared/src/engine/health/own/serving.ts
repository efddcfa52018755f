import { conditionsAt } from '../custom/rules.ts'
import { verdict } from '../verdict.ts'
import { byOne, isOld, unobserved, waitingFor, words, type OwnRule, type OwnTable } from './rules.ts'

/** Knative's own way: `Unknown` is at work, `False` has failed. */
const knative = byOne({ fails: true })

/** What configures Knative but is nothing that runs has no status. */
const knativeSilent = byOne({ fails: true, silent: true })

/** A revision that nobody calls is scaled to nothing, and as it should be. */
const revision: OwnRule = (object) => {
  const ready = conditionsAt(object).find((one) => one['type'] === 'Ready')
  if (!ready) return waitingFor(object)
  if (isOld(ready, object)) return unobserved()
  if (ready['status'] === 'True' || ready['reason'] === 'NoTraffic') return verdict('Healthy', words(ready))
  return verdict(ready['status'] === 'False' ? 'Degraded' : 'Progressing', words(ready))
}

/** Knative and what is built on its conditions. */
export const servingRules: OwnTable = {
  'serving.knative.dev/Configuration': knative,
  'serving.knative.dev/Route': knative,
  'serving.knative.dev/DomainMapping': knative,
  'serving.knative.dev/Revision': revision,
  'eventing.knative.dev/Broker': knative,
  'eventing.knative.dev/Trigger': knative,
  'eventing.knative.dev/EventType': knativeSilent,
  'eventing.knative.dev/*': knativeSilent,
  'messaging.knative.dev/Channel': knative,
  'messaging.knative.dev/InMemoryChannel': knative,
  'messaging.knative.dev/Subscription': knative,
  'messaging.knative.dev/*': knativeSilent,
  'flows.knative.dev/Parallel': knative,
  'flows.knative.dev/Sequence': knative,
  'sources.knative.dev/*': knative,
  'functions.dev/*': knativeSilent,
  'serving.kserve.io/InferenceGraph': knative,
  'serving.kserve.io/TrainedModel': knative,
  'serving.kserve.io/LLMInferenceService': byOne(),
}
