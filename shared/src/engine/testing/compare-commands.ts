import type { IgnoreDifference } from '../../argo/application.ts'
import { gvkOf } from '../../k8s/gvk.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { keyOf, keyString } from '../../k8s/ref.ts'
import type { SyncSettings } from '../../protocol/desired.ts'
import { compare } from '../compare.ts'
import type { KindInfo } from '../compare-types.ts'
import { differ } from '../diff.ts'
import { ignorer, ignoreRules } from '../ignore.ts'
import { updateDamper } from '../ignore-resource-updates.ts'
import { respectingIgnored } from '../respect-ignored.ts'
import { yaml, type Command } from './command.ts'
import { settings } from './operation-world.ts'
import { linesOf, scriptObject } from './script-objects.ts'

interface DiffScript {
  readonly settings?: Partial<SyncSettings>
  readonly cm?: Record<string, string>
  readonly ignore?: IgnoreDifference[]
  readonly desired?: KubeObject | null
  readonly live?: KubeObject | null
  /** What a dry run on the server would make of it. */
  readonly predicted?: KubeObject | null
}

const shown = (value: unknown): string => JSON.stringify(value)

/** Both objects are `v1 ConfigMap x` where they do not say more. */
function named(object: Partial<KubeObject> | null | undefined): KubeObject | undefined {
  if (!object) return undefined
  const metadata = { name: 'x', namespace: 'ns', ...object.metadata }
  return { apiVersion: 'v1', kind: 'ConfigMap', ...object, metadata } as KubeObject
}

/** `differ`: whether desired and live differ. */
const difference: Command = (_, input) => {
  const given = yaml<DiffScript>(input)
  const dryRun = named(given.predicted)
  const diff = differ({
    ...(dryRun ? { predicted: new Map([[keyString(keyOf(dryRun)), dryRun]]) } : {}),
    settings: {
      ...settings,
      argocdCm: given.cm ?? {},
      ignoreDifferences: given.ignore ?? [],
      ...given.settings,
    },
  })
  const { modified, predictedLive } = diff(named(given.desired), named(given.live))
  return modified ? `differs${predictedLive ? `, would be ${shown(withoutMetadata(predictedLive))}` : ''}` : 'same'
}

function withoutMetadata({ metadata: _m, apiVersion: _a, kind: _k, ...rest }: KubeObject): object {
  return rest
}

/** `ignore`: the live object as comparison sees it. */
const ignore: Command = (_, input) => {
  const given = yaml<DiffScript>(input)
  const object = named(given.live)
  if (!object) return 'nothing'
  return shown(withoutMetadata(ignorer(ignoreRules(given.ignore ?? [], given.cm ?? {}))(object)))
}

/** `respect`: what a sync applies with `RespectIgnoreDifferences`. */
const respect: Command = (_, input) => {
  const given = yaml<DiffScript>(input)
  const [desired, live] = [named(given.desired), named(given.live)]
  if (!desired || !live) return 'nothing'
  const rules = { ignoreDifferences: given.ignore ?? [], argocdCm: given.cm ?? {} }
  return shown(withoutMetadata(respectingIgnored(desired, live, rules)))
}

/** `update [untracked]`: whether the step from `desired` (before) to `live` (after) is passed over. */
const update: Command = (args, input) => {
  const given = yaml<DiffScript>(input)
  const [before, after] = [named(given.desired), named(given.live)]
  if (!before || !after) return 'nothing'
  return updateDamper(given.cm ?? {})(before, after, !args.includes('untracked')) ? 'passed over' : 'heard'
}

const kindNames = ['ConfigMap', 'Secret', 'Namespace', 'Deployment', 'Pod', 'Application', 'ClusterRole', 'Thing']
const kinds: ReadonlyMap<string, KindInfo> = new Map(
  kindNames.map((kind) => {
    const { object } = scriptObject(`${kind}/x`)
    const { group, version } = gvkOf(object)
    const namespaced = object.metadata.namespace !== undefined
    const info = { group, version, kind, resource: `${kind.toLowerCase()}s`, namespaced, verbs: ['list', 'watch'] }
    return [`${group}/${kind}`, info] as const
  }),
)

/**
 * `compare`, one object a line: in Git and live unless it says `missing`, `extra` (live and ours), `foreign` (live and
 * somebody else's) or `changed`. Out: the verdict, a row an object, and conditions.
 */
const comparison: Command = (args, input) => {
  const manifests: KubeObject[] = []
  const live: KubeObject[] = []
  for (const line of linesOf(input)) {
    const { object, words } = scriptObject(line)
    const { group } = gvkOf(object)
    const { namespace = '', name = '' } = object.metadata
    const id = words.includes('foreign') ? 'other' : 'app'
    const tracked = {
      ...object.metadata,
      annotations: {
        'argocd.argoproj.io/tracking-id': `${id}:${group}/${object.kind}:${namespace || 'ns'}/${name}`,
        ...object.metadata.annotations,
      },
    }
    if (!words.includes('extra')) manifests.push(words.includes('changed') ? { ...object, data: { a: '1' } } : object)
    if (!words.includes('missing')) live.push({ ...object, metadata: tracked })
  }
  const failed = args.find((arg) => arg.startsWith('failed:'))?.slice(7)
  const found = compare({ settings, kinds, manifests, live, ...(failed === undefined ? {} : { failed }) })
  return [
    found.sync,
    ...found.resources.map(
      ({ row }) =>
        `${row.kind}/${row.name} ${row.status ?? '-'}${row.requiresPruning ? ' to prune' : ''}${row.hook ? ' hook' : ''}`,
    ),
    ...found.conditions.map(({ type, message }) => `${type}: ${message}`),
  ].join('\n')
}

/** Commands that lay desired and live side by side. */
export const compareCommands: Readonly<Record<string, Command>> = {
  differ: difference,
  ignore,
  respect,
  update,
  compare: comparison,
}
