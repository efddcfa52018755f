import type { HealthStatusCode, SyncOperation } from '../../argo/application.ts'
import type { KubeObject } from '../../k8s/object.ts'
import { keyOf } from '../../k8s/ref.ts'
import { aggregateHealth, type Judged } from '../health/aggregate.ts'
import { judgeHealth } from '../health/assess.ts'
import { hookTypes, isDeleteHook, isHook, isIgnoredHook, isSkipped } from '../hook-type.ts'
import { deletePoliciesOf, hookObject } from '../hooks.ts'
import { isSelected, planSync } from '../plan.ts'
import { resourceFilter } from '../resource-filter.ts'
import { parseSyncOptions, applyModeOf, deletePermission, prunePermission } from '../sync-options.ts'
import { kindPermitted, type KindRules } from '../project-permits.ts'
import { formatTrackingId, isSelfReferenced, ownerOf, parseTrackingId, withTracking } from '../tracking.ts'
import { syncWave } from '../wave.ts'
import { argument, yaml, type Command } from './command.ts'
import { settings } from './operation-world.ts'
import { linesOf, scriptObject } from './script-objects.ts'

const said = (status: string, message: string | undefined): string =>
  message === undefined || message === '' ? status : `${status}: ${message}`

/** `health apps/v1/Deployment`, metadata, spec and status below. */
const health: Command = ([type = ''], input) => {
  const kind = type.slice(type.lastIndexOf('/') + 1)
  const given = yaml<Partial<KubeObject> | undefined>(input) ?? {}
  const metadata = { name: 'x', namespace: 'ns', ...given.metadata }
  try {
    const object = { ...given, apiVersion: type.slice(0, -kind.length - 1), kind, metadata } as KubeObject
    const found = judgeHealth(object)
    return found ? said(found.status, found.message) : 'none'
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** `aggregate [self:name]`, one object a line with its health, or `missing`. */
const aggregate: Command = (args, input) => {
  const objects = linesOf(input).map((line): Judged => {
    const { object, words } = scriptObject(line)
    const status = words.find((word) => /^[A-Z][a-z]+$/.test(word)) as HealthStatusCode | undefined
    const target = words.includes('extra') ? undefined : object
    return { target, live: words.includes('missing') ? undefined : object, health: status && { status } }
  })
  const self = argument(args, 'self')
  const found = aggregateHealth(objects, self === undefined ? undefined : { namespace: 'ns', name: self })
  return said(found.status, found.message)
}

/** `hook`, one object a line: what it is to a sync. */
const hook: Command = (_, input) =>
  linesOf(input)
    .map((line) => {
      const { object } = scriptObject(line)
      const what = isIgnoredHook(object)
        ? 'ignored'
        : isDeleteHook(object)
          ? `at deletion: ${hookTypes(object).join(', ')}`
          : isHook(object)
            ? `hook: ${hookTypes(object).join(', ')}`
            : isSkipped(object)
              ? 'skipped'
              : 'resource'
      return `${object.metadata.name ?? ''} ${what}, wave ${syncWave(object)}, ${[...deletePoliciesOf(object)].join(', ')}`
    })
    .join('\n')

/** `hook-object PHASE`: name and finalizers of what is created. */
const hookCreated: Command = ([phase = 'PreSync'], input) => {
  const metadata = yaml<KubeObject['metadata']>(input)
  const context = { revision: 'abcdef1234', startedAt: '2026-01-05T10:00:00Z' }
  const made = hookObject({ apiVersion: 'v1', kind: 'Pod', metadata }, phase as never, context)
  return `${made.metadata.name ?? ''} ${(made.metadata.finalizers ?? []).join(' ')}`
}

/** `order [options]`, one object a line (`extra`: to prune): phase, wave and object in the order they run. */
const order: Command = (args, input) => {
  const sync: SyncOperation = { prune: true, ...(args.includes('apply') ? { syncStrategy: { apply: {} } } : {}) }
  const chosen = argument(args, 'only')
  if (chosen !== undefined)
    sync.resources = [{ group: '', kind: chosen.split('/')[0] ?? '', name: chosen.split('/')[1] ?? '' }]
  const parsed = linesOf(input).map(scriptObject)
  const resources = parsed
    .filter(({ object }) => !isHook(object))
    .map(({ object, words }) => ({
      key: keyOf(object),
      version: 'v1',
      hook: false,
      modified: true,
      row: {
        version: 'v1',
        kind: object.kind,
        name: object.metadata.name ?? '',
        requiresPruning: words.includes('extra'),
      },
      ...(words.includes('extra') ? { live: object } : { target: object }),
    }))
  const hooks = parsed.filter(({ object }) => isHook(object)).map(({ object }) => object)
  const tasks = planSync({
    comparison: { sync: 'OutOfSync', resources, hooks, conditions: [] },
    settings,
    sync,
    options: parseSyncOptions(args.filter((arg) => arg.includes('='))),
    revision: 'abcdef1234',
    startedAt: '2026-01-05T10:00:00Z',
    live: () => undefined,
  })
  return tasks
    .map(
      ({ phase, wave, key, target }) =>
        `${phase} ${wave < -1e9 ? 'first' : wave} ${target ? '' : 'prune '}${key.kind}/${key.name}`,
    )
    .join('\n')
}

/** `options A=b …`: what differs from a sync without any. */
const options: Command = (args) => {
  const usual = parseSyncOptions([]) as unknown as Record<string, unknown>
  const found = parseSyncOptions(args) as unknown as Record<string, unknown>
  const changed = Object.keys(found).filter((key) => found[key] !== usual[key])
  return changed.length === 0 ? 'as usual' : changed.map((key) => `${key}: ${String(found[key])}`).join('\n')
}

/** `mode A=b … [force]`, one target a line (`live:OPTION`: an option of the live object): how it is written. */
const mode: Command = (args, input) =>
  linesOf(input)
    .map((line) => {
      const { object, words } = scriptObject(line)
      const own = words.find((word) => word.startsWith('live:'))?.slice(5)
      const live =
        words.includes('live') || own !== undefined
          ? scriptObject(`${object.kind}/x options:${own ?? ''}`).object
          : undefined
      const found = applyModeOf(object, live, parseSyncOptions(args), args.includes('force'))
      const flags = [found.force && 'force', !found.validate && 'unvalidated', found.migrate && 'migrates'].filter(
        Boolean,
      )
      return [found.method, ...flags].join(', ')
    })
    .join('\n')

/** `may prune|delete A=b …`, one live object a line. */
const may: Command = ([what = '', ...args], input) =>
  linesOf(input)
    .map((line) => {
      const { object } = scriptObject(line)
      const parsed = parseSyncOptions(args)
      return what === 'prune' ? prunePermission(object, parsed) : deletePermission(object, parsed)
    })
    .join('\n')

/** `selected`, the filter as YAML, then one object a line. */
const selected: Command = (args, input) => {
  const [kind = '', name = ''] = (args[0] ?? '').split('/')
  const resources = [
    {
      group: argument(args, 'group') ?? '',
      kind,
      name,
      ...(argument(args, 'in') ? { namespace: argument(args, 'in') } : {}),
    },
  ]
  return linesOf(input)
    .map((line) =>
      isSelected({ key: keyOf(scriptObject(line).object) }, { resources } as SyncOperation) ? 'yes' : 'no',
    )
    .join('\n')
}

/** `tracked METHOD`: the marks an object gets from application `app`. */
const track: Command = ([method = 'annotation', ...args], input) => {
  const { object } = scriptObject(input)
  const marked = withTracking(object, argument(args, 'app') ?? 'app', 'ns', {
    trackingMethod: method as 'annotation',
    instanceLabelKey: argument(args, 'key') ?? 'app.kubernetes.io/instance',
    installationId: argument(args, 'installation'),
  })
  const { labels = {}, annotations = {} } = marked.metadata
  const all = [...Object.entries(labels), ...Object.entries(annotations)].map(([key, value]) => `${key}: ${value}`)
  return all.length === 0 ? 'no mark' : all.join('\n')
}

/** `owner METHOD [installation:ID]`, a live object below: whose it is, and whether its id means itself. */
const owner: Command = ([method = 'annotation', ...args], input) => {
  const live = yaml<KubeObject>(input)
  const tracking = {
    trackingMethod: method as 'annotation',
    instanceLabelKey: 'app.kubernetes.io/instance',
    installationId: argument(args, 'installation'),
  }
  const found = ownerOf(live, tracking)
  return found === undefined ? 'nobody' : `${found}${isSelfReferenced(live, undefined, tracking) ? '' : ', a copy'}`
}

/** `tracking-id ID`: taken apart and put together again. */
const trackingId: Command = ([id = '']) => {
  const found = parseTrackingId(id)
  return found ? `${JSON.stringify(found)}\n${formatTrackingId(found)}` : 'no tracking id'
}

/** `watched`, argocd-cm below `---`: one `group/Kind` a line. */
const watched: Command = (args, input) => {
  const [kinds = '', cm = ''] = input.split('\n---\n')
  const filter = resourceFilter(yaml<Record<string, string>>(cm) ?? {}, { server: args[0] })
  return linesOf(kinds)
    .map((line) => (filter(line.slice(0, line.lastIndexOf('/')), line.slice(line.lastIndexOf('/') + 1)) ? 'yes' : 'no'))
    .join('\n')
}

/** `permitted GROUP/KIND [cluster]`: a project's lists below. */
const permitted: Command = ([type = '', scope], input) => {
  const slash = type.lastIndexOf('/')
  const kind = { group: type.slice(0, Math.max(0, slash)), kind: type.slice(slash + 1) }
  return kindPermitted(yaml<KindRules>(input) ?? {}, kind, scope !== 'cluster') ? 'yes' : 'no'
}

/** Commands about single objects and lists of them. */
export const objectCommands: Readonly<Record<string, Command>> = {
  health,
  aggregate,
  hook,
  'hook-object': hookCreated,
  order,
  options,
  mode,
  may,
  selected,
  track,
  owner,
  'tracking-id': trackingId,
  watched,
  permitted,
}
