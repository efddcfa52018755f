import type { Application, OperationState } from '@flotilla/shared/argo/application'
import { routes } from '@flotilla/shared/api/routes'
import { keyString } from '@flotilla/shared/k8s/ref'
import type { Client } from '../client.ts'
import type { Rim } from '../context.ts'
import { CliError } from '../errors.ts'
import { unknownFormat } from '../print.ts'
import { rfc3339 } from '../table.ts'
import { progressKey, resourceStates, type ResourceState } from './states.ts'
import { treeTable, type ResourceTree } from './tree.ts'
import { operationLines, resourceTable, summary, type WindowState } from './summary.ts'

/** What `app wait` and `app sync` wait for. */
export interface WaitFor {
  readonly sync: boolean
  readonly health: boolean
  readonly operation: boolean
  readonly suspended: boolean
  readonly degraded: boolean
  readonly deleted: boolean
}

export interface Selector {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly exclude: boolean
}

/** Whether sync and health are what is waited for. */
function statusReady(wait: WaitFor, health: string, sync: string, operating: boolean): boolean {
  // Only its end is one.
  if (wait.deleted) return false
  const healthWanted = wait.health || wait.suspended || wait.degraded
  const healthy =
    !healthWanted ||
    (wait.health && health === 'Healthy') ||
    (wait.suspended && health === 'Suspended') ||
    (wait.degraded && health === 'Degraded')
  return healthy && (!wait.sync || sync === 'Synced') && (!wait.operation || !operating)
}

/** Whether an operation still runs, or its result is not yet compared. */
function operationInProgress(app: Application): boolean {
  if (app.operation) return true
  const state = app.status?.operationState
  if (!state) return false
  if (!state.finishedAt) return true
  if (state.operation.sync?.dryRun) return false
  const compared = app.status?.reconciledAt
  return !compared || Date.parse(compared) < Date.parse(state.finishedAt)
}

const matches = (selector: Selector, state: ResourceState): boolean => {
  const one = (pattern: string, value: string): boolean => pattern === '*' || pattern === value
  return (
    one(selector.group, state.group) &&
    one(selector.kind, state.kind) &&
    one(selector.name, state.name) &&
    (selector.namespace === '' || one(selector.namespace, state.namespace))
  )
}

/** The states that the selectors ask for; all where there are none. */
export function selected(states: readonly ResourceState[], selectors: readonly Selector[]): readonly ResourceState[] {
  if (selectors.length === 0) return states
  const wanted = selectors.filter((one) => !one.exclude)
  const unwanted = selectors.filter((one) => one.exclude)
  return states.filter(
    (state) =>
      (wanted.length === 0 || wanted.some((one) => matches(one, state))) &&
      !unwanted.some((one) => matches(one, state)),
  )
}

function ready(app: Application, wait: WaitFor, selectors: readonly Selector[]): boolean {
  const operating = Boolean(app.operation)
  if (selectors.length > 0) {
    const states = selected(resourceStates(app), selectors)
    return states.every((state) => statusReady(wait, state.health || 'Healthy', state.status || 'Synced', operating))
  }
  return statusReady(wait, app.status?.health?.status ?? '', app.status?.sync?.status ?? '', operating)
}

export interface WaitOptions {
  readonly client: Client
  readonly rim: Rim
  readonly name: string
  readonly appNamespace?: string
  readonly wait: WaitFor
  readonly selectors: readonly Selector[]
  readonly timeoutSeconds: number
  /** The application as it stood when the operation that is waited for was asked for; else it is read. */
  readonly from?: Application | undefined
  /** Of the resources at the end; progress and summary are printed but with `json` and `yaml`. */
  readonly format: string
}

/** Refuses forms of output that nobody knows, before anything is done. */
export function checkFormat(format: string): void {
  if (!['', 'wide', 'tree', 'tree=detailed', 'json', 'yaml'].includes(format)) throw unknownFormat(format)
}

/** Follows an application until it is as wished; prints progress as it comes. Throws after the time-out. */
export async function waitForApplication(
  options: WaitOptions,
): Promise<{ app: Application; operationState: OperationState | undefined }> {
  const { client, rim, name, wait, selectors, format } = options
  const verbose = format !== 'json' && format !== 'yaml'
  const query = options.appNamespace ? { appNamespace: options.appNamespace } : {}
  const params = { name }
  let app = options.from ?? (await client.call<Application>(routes.application, { params, query }))
  const done = (): boolean => ready(app, wait, selectors) && (!wait.operation || !operationInProgress(app))
  let refresh = Boolean(app.operation && !app.operation.sync?.dryRun)
  const seen = new Map<string, string>()
  const healths = new Map<string, string>()
  /** Who waits for health has waited enough once it gets worse. */
  const worsened = (): string | undefined => {
    let before: string | undefined
    for (const state of selected(resourceStates(app), selectors)) {
      const known = healths.get(keyString(state))
      if (state.health === 'Degraded' && known !== undefined && !['Unknown', 'Degraded'].includes(known))
        before ??= known
      if (state.health !== '' || known === undefined) healths.set(keyString(state), state.health)
    }
    return wait.health ? before : undefined
  }
  const progress = (): void => {
    if (!verbose) return
    for (const state of selected(resourceStates(app), selectors)) {
      const key = keyString(state)
      const news = progressKey(state)
      if (seen.get(key) === news) continue
      seen.set(key, news)
      rim.out(progressLine(rfc3339(rim.now()), state))
    }
  }
  if (!done()) {
    if (verbose) rim.out(progressHeader)
    progress()
    const abort = new AbortController()
    const timer = setTimeout(
      () => abort.abort(),
      options.timeoutSeconds > 0 ? options.timeoutSeconds * 1000 : 2 ** 31 - 1,
    )
    const version = String(app.metadata.resourceVersion ?? '')
    try {
      const events = client.stream<{ type: string; application: Application }>(
        routes.watchApplications,
        { query: { name, resourceVersion: version, ...query } },
        abort.signal,
      )
      for await (const event of events) {
        app = event.application
        if (event.type === 'DELETED' && wait.deleted) {
          const { namespace = 'argocd' } = app.metadata
          if (verbose) rim.out(`Application '${namespace}/${name}' deleted\n`)
          return { app, operationState: undefined }
        }
        if (app.operation && !app.operation.sync?.dryRun) refresh = true
        // A dry run changes no object on its way.
        const over = done()
        const before = over ? undefined : worsened()
        if (before !== undefined) {
          if (verbose) rim.out(await finalStatus(options, app))
          throw new CliError(`application '${name}' health state has transitioned from ${before} to Degraded`)
        }
        if (!over || !rehearsed(app)) progress()
        if (over) break
      }
    } catch (error) {
      if (!abort.signal.aborted) throw error
    } finally {
      clearTimeout(timer)
      abort.abort()
    }
  }
  const operationState = app.status?.operationState
  const finished = done()
  if (refresh)
    app = await client.call<Application>(routes.application, { params, query: { ...query, refresh: 'normal' } })
  if (verbose) {
    if (!finished) {
      rim.out('\nThis is the state of the app after wait timed out:\n')
      rim.out('\nThe command timed out waiting for the conditions to be met.\n')
    }
    rim.out(await finalStatus(options, app))
  }
  if (!finished) {
    throw new CliError(`timed out (${options.timeoutSeconds}s) waiting for app "${name}" match desired state`)
  }
  return { app, operationState }
}

function rehearsed({ status }: Application): boolean {
  return status?.operationState?.operation.sync?.dryRun === true
}

const progressHeader =
  'TIMESTAMP                  GROUP        KIND   NAMESPACE                  NAME    STATUS   HEALTH        HOOK  MESSAGE\n'

function progressLine(time: string, state: ResourceState): string {
  const cells = [
    time,
    state.group.padStart(5),
    state.kind.padStart(10),
    state.namespace.padStart(10),
    state.name.padStart(20),
    state.status.padStart(9),
    state.health.padStart(11),
    state.hook.padStart(8),
    state.message,
  ]
  return cells.join('  ').trimEnd() + '\n'
}

async function finalStatus(
  { client, rim, name, appNamespace, wait, format }: WaitOptions,
  app: Application,
): Promise<string> {
  const windows = await windowState(client, name)
  const parts = ['\n', summary(app, client.url, windows), '\n']
  if (wait.operation) parts.push(operationLines(app.status?.operationState, rim.now()))
  if (format.startsWith('tree')) {
    const query = appNamespace ? { appNamespace } : {}
    const nodes = await client.call<ResourceTree>(routes.resourceTree, { params: { name }, query })
    parts.push('\n', treeTable(app, nodes, format === 'tree=detailed', rim.now()))
  } else if (resourceStates(app).length > 0) parts.push('\n', resourceTable(app))
  return parts.join('')
}

/** Sync windows of the application; undefined where the hub does not say. */
export async function windowState(client: Client, name: string): Promise<WindowState | undefined> {
  try {
    return await client.call<WindowState>(routes.applicationWindows, { params: { name } })
  } catch {
    return undefined
  }
}
