import type { Application, ApplicationSource, OperationState } from '@flotilla/shared/argo/application'
import { sourcesOf } from '@flotilla/shared/argo/application'
import { field, rfc3339, span, table } from '../table.ts'
import { resourceStates } from './states.ts'

interface Window {
  readonly kind?: string
  readonly schedule?: string
  readonly duration?: string
}

/** Whether syncs are allowed now, as the hub says. */
export interface WindowState {
  readonly canSync?: boolean
  readonly activeWindows?: readonly Window[] | null
  readonly assignedWindows?: readonly Window[] | null
}

function revisionText(target: string, revision: string | undefined): string {
  const name = target === '' ? 'HEAD' : target
  if (!revision || revision === target) return name
  return /^[0-9a-f]{40}$/.test(revision) ? `${name} (${revision.slice(0, 7)})` : `${name} (${revision})`
}

/** One source's lines of a summary. */
function sourceLines(source: ApplicationSource): string {
  const lines = [field('- Repo:', source.repoURL), field('  Target:', source.targetRevision ?? '')]
  if (source.path) lines.push(field('  Path:', source.path))
  if (source.chart) lines.push(field('  Chart:', source.chart))
  if (source.ref) lines.push(field('  Ref:', source.ref))
  const values = source.helm?.valueFiles
  if (values && values.length > 0) lines.push(field('  Helm Values:', values.join(',')))
  return lines.join('')
}

function policyText(app: Application): string {
  const automated = app.spec.syncPolicy?.automated
  if (!automated || automated.enabled === false) return 'Manual'
  return automated.prune ? 'Automated (Prune)' : 'Automated'
}

function syncText(app: Application): string {
  const sync = app.status?.sync
  if (!sync || sync.status === 'Unknown') return 'Unknown'
  const word = sync.status === 'Synced' ? 'Synced to' : 'OutOfSync from'
  const sources = sourcesOf(app.spec)
  if (sources.length > 1) return sync.status
  return `${word} ${revisionText(sources[0]?.targetRevision ?? '', sync.revision)}`
}

function windowText(windows: WindowState | undefined): string {
  const { activeWindows, assignedWindows, canSync } = windows ?? {}
  const isKind =
    (wanted: string) =>
    ({ kind }: Window): boolean =>
      kind === wanted
  const open = (activeWindows ?? []).filter(isKind('allow')).length
  const closed = (assignedWindows ?? []).filter(isKind('allow')).length > open
  const free = !(activeWindows ?? []).some(isKind('deny')) && (open > 0 || !closed)
  return free ? 'Sync Allowed' : canSync ? 'Manual Allowed' : 'Sync Denied'
}

function assignedText({ assignedWindows }: WindowState = {}): string {
  const words = (assignedWindows ?? []).map(({ kind, schedule, duration }) => [kind, schedule, duration].join(':'))
  return words.length > 0 ? field('Assigned Windows:', words.join(',')) : ''
}

/** The lines about the application as a whole. */
export function summary(app: Application, hubUrl: string, windows: WindowState | undefined): string {
  const health = app.status?.health
  const sources = sourcesOf(app.spec)
  const lines = [
    field('Name:', `${app.metadata.namespace ?? 'argocd'}/${app.metadata.name ?? ''}`),
    field('Project:', app.spec.project ?? 'default'),
    field('Server:', app.spec.destination?.server || app.spec.destination?.name || ''),
    field('Namespace:', app.spec.destination?.namespace ?? ''),
    field('URL:', `${hubUrl}/applications/${app.metadata.name ?? ''}`),
    sources.length > 1 ? 'Sources:\n' : 'Source:\n',
    ...sources.map(sourceLines),
    field('SyncWindow:', windowText(windows)),
    assignedText(windows),
    field('Sync Policy:', policyText(app)),
    field('Sync Status:', syncText(app)),
    field('Health Status:', health?.message ? `${health.status} (${health.message})` : (health?.status ?? 'Unknown')),
  ]
  const conditions = app.status?.conditions ?? []
  if (conditions.length > 0) {
    lines.push(
      '\n',
      table([
        ['CONDITION', 'MESSAGE', 'LAST TRANSITION'],
        ...conditions.map((one) => [one.type, one.message, one.lastTransitionTime ?? '<nil>']),
      ]),
    )
  }
  return lines.join('')
}

/** The lines about the last operation; nothing where there was none. */
export function operationLines(state: OperationState | undefined, now: number): string {
  if (!state) return ''
  const started = Date.parse(state.startedAt)
  const finished = state.finishedAt ? Date.parse(state.finishedAt) : undefined
  return [
    state.syncResult ? field('Operation:', 'Sync') + field('Sync Revision:', state.syncResult.revision) : '',
    field('Phase:', state.phase),
    field('Start:', rfc3339(started)),
    field('Finished:', finished === undefined ? '' : rfc3339(finished)),
    field('Duration:', span((finished ?? now) - started)),
    state.message ? field('Message:', state.message) : '',
  ].join('')
}

/** The table of resources, after the last operation and what is beyond it. */
export function resourceTable(app: Application): string {
  return table([
    ['GROUP', 'KIND', 'NAMESPACE', 'NAME', 'STATUS', 'HEALTH', 'HOOK', 'MESSAGE'],
    ...resourceStates(app).map((one) => [
      one.group,
      one.kind,
      one.namespace,
      one.name,
      one.status,
      one.health,
      one.hook,
      one.message,
    ]),
  ])
}
