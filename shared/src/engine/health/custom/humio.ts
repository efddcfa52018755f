import { at } from '../fields.ts'
import { byPhase, type Phrase, type RuleTable } from './rules.ts'
import { needing } from './strict.ts'

const updating = ['Progressing', 'Update in progress'] as const

/** What lives in a cluster: there, or not. */
const content = byPhase({
  at: ['status', 'state'],
  phases: {
    Exists: ['Healthy', 'Component state: Exists.'],
    NotFound: ['Missing', 'Component state: NotFound.'],
    ConfigError: ['Degraded', 'Component state: ConfigError.'],
    Unknown: ['Unknown', 'Component state: Unknown.'],
  },
  none: updating,
})

/** The cluster's own message, else a text of ours. */
const or =
  (words: string): Phrase =>
  (_, object) =>
    at(object, 'status', 'message') ?? words

const contents = ['Action', 'Alert', 'IngestToken', 'Parser', 'Repository', 'View']

/** Humio, now LogScale. */
export const humioRules: RuleTable = {
  ...Object.fromEntries(contents.map((name) => [`core.humio.com/Humio${name}`, content])),
  'core.humio.com/HumioCluster': needing(
    9,
    ['status', 'message'],
    byPhase({
      at: ['status', 'state'],
      phases: {
        Running: ['Healthy', or('Cluster is in a healthy running state')],
        Restarting: ['Progressing', or('Cluster pods are being restarted')],
        Upgrading: ['Progressing', or('Cluster pods are being upgraded')],
        ConfigError: ['Degraded', or('User-provided cluster specification resulted in a configuration error')],
        Pending: ['Progressing', or('Cluster is waiting on resources to be provisioned')],
        Unknown: ['Unknown', or('Component state: Unknown.')],
      },
      none: updating,
    }),
  ),
}
