import { inProjects } from '@flotilla/shared/access/can'
import { durationProblem } from '@flotilla/shared/lang/go-duration'
import type { ProjectSyncWindow } from '@flotilla/shared/engine/sync-window'
import { scheduleProblem } from '@flotilla/shared/engine/window-schedule'
import { ApiError, code } from '../api/errors.ts'
import type { FullProjectSpec, ProjectRole } from './project.ts'

type Problem = { readonly code: number; readonly message: string }

const invalid = (message: string): Problem => ({ code: code.invalidArgument, message })
const taken = (message: string): Problem => ({ code: code.alreadyExists, message })
/** Problems that Argo CD gives no code, so that they leave its API as `Unknown`. */
const unnamed = (message: string): Problem => ({ code: code.unknown, message })

/** What is wrong with a project, in Argo CD's words; undefined where nothing is. */
export function projectProblem(name: string, spec: FullProjectSpec): Problem | undefined {
  return (
    destinationProblem(spec) ??
    repeated(spec.sourceNamespaces ?? [], (each) => invalid(`source namespace '${each}' already added`)) ??
    sourceProblem(spec) ??
    roleProblem(name, spec.roles ?? []) ??
    windowsProblem(spec.syncWindows ?? []) ??
    serviceAccountProblem(spec)
  )
}

/** Refuses a project that cannot be; `prefix` stands before what has no code of its own. */
export function validateProject(name: string, spec: FullProjectSpec, prefix = ''): void {
  const problem = projectProblem(name, spec)
  if (!problem) return
  throw new ApiError(problem.code, problem.code === code.unknown ? `${prefix}${problem.message}` : problem.message)
}

function repeated<T>(items: readonly string[], refuse: (item: string) => T): T | undefined {
  const second = items.find((item, index) => items.indexOf(item) !== index)
  return second === undefined ? undefined : refuse(second)
}

function destinationProblem(spec: FullProjectSpec): Problem | undefined {
  const seen = new Set<string>()
  for (const { name = '', server = '', namespace = '' } of spec.destinations ?? []) {
    for (const [field, value] of Object.entries({ name, server, namespace })) {
      if (value === '!*') return invalid(`${field} has an invalid format, '!*'`)
    }
    const key = `${server || name}/${namespace}`
    if (seen.has(key)) return invalid(`destination '${key}' already added`)
    seen.add(key)
  }
  return undefined
}

function sourceProblem(spec: FullProjectSpec): Problem | undefined {
  const seen = new Set<string>()
  for (const source of spec.sourceRepos ?? []) {
    if (source === '!*') return invalid("source repository has an invalid format, '!*'")
    if (seen.has(source)) return invalid(`source repository '${source}' already added`)
    seen.add(source)
  }
  return undefined
}

function roleProblem(project: string, roles: readonly ProjectRole[]): Problem | undefined {
  const names = new Set<string>()
  for (const { name, policies = [], groups = [] } of roles) {
    if (names.has(name)) return taken(`role '${name}' already exists`)
    names.add(name)
    if (!/^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(name)) {
      const must =
        "Must consist of alphanumeric characters, '-' or '_', and must start and end with an alphanumeric character"
      return invalid(`invalid role name '${name}'. ${must}`)
    }
    const inPolicies = eachOnce(policies, 'policy', name, (policy) => policyProblem(project, name, policy))
    const inGroups = inPolicies ?? eachOnce(groups, 'group', name, groupProblem)
    if (inGroups) return inGroups
  }
  return undefined
}

function eachOnce(
  items: readonly string[],
  what: string,
  role: string,
  problem: (item: string) => Problem | undefined,
): Problem | undefined {
  const seen = new Set<string>()
  for (const item of items) {
    if (seen.has(item)) return taken(`${what} '${item}' already exists for role '${role}'`)
    const found = problem(item)
    if (found) return found
    seen.add(item)
  }
  return undefined
}

const actions: ReadonlySet<string> = new Set(['get', 'create', 'update', 'delete', 'sync', 'override', 'rollback', '*'])

function policyProblem(project: string, role: string, policy: string): Problem | undefined {
  const refuse = (why: string): Problem => invalid(`invalid policy rule '${policy}': ${why}`)
  const fields = policy.split(',').map((field) => field.replace(/^ +| +$/g, ''))
  const [kind, subject = '', resource = '', action = '', object = '', effect = ''] = fields
  if (fields.length !== 6 || kind !== 'p') return refuse("must be of the form: 'p, sub, res, act, obj, eft'")
  const expected = `proj:${project}:${role}`
  if (subject !== expected) return refuse(`policy subject must be: '${expected}', not '${subject}'`)
  if (!inProjects.has(resource)) {
    const known = "'applications', 'applicationsets', 'repositories', 'exec', 'logs' or 'clusters'"
    return refuse(`project resource must be: ${known}, not '${resource}'`)
  }
  if (!actions.has(action) && !/(action|update|delete)\//.test(action)) return refuse(`invalid action '${action}'`)
  const below = object.startsWith(project) ? object.slice(project.length) : ''
  if (!/^(\/[*\w\-.]+)?\/[*\w\-.]+$/.test(below)) {
    const form = `'${project}/*', '${project}[/<NAMESPACE>]/<APPNAME>' or '${project}/<APPNAME>'`
    return refuse(`object must be of form ${form}, not '${object}'`)
  }
  if (effect !== 'allow' && effect !== 'deny') return refuse("effect must be: 'allow' or 'deny'")
  return undefined
}

function groupProblem(group: string): Problem | undefined {
  let name = group.trim()
  if (name.length > 1 && name.startsWith('"') && name.endsWith('"')) name = name.slice(1, -1)
  else if (name.includes(',')) return invalid(`group '${name}' must be quoted`)
  if (name === '') return invalid(`group '${name}' is empty`)
  if (/["\n\r\t]/.test(name)) return invalid(`group '${name}' contains invalid characters`)
  if (group.length > 1 && /^\s/.test(group)) return invalid(`group '${name}' contains a leading space`)
  if (group.length > 1 && /\s$/.test(group)) return invalid(`group '${name}' contains a trailing space`)
  return undefined
}

function windowsProblem(windows: readonly ProjectSyncWindow[]): Problem | undefined {
  const seen = new Set<string>()
  for (const window of windows) {
    const { kind = '', schedule = '', duration = '', applications, namespaces, clusters, description = '' } = window
    const identity = [kind, schedule, duration, applications, namespaces, clusters, window.timeZone, window.andOperator]
    const key = JSON.stringify(identity.map((part) => part ?? ''))
    if (seen.has(key)) {
      return taken(
        `sync window with kind '${kind}', schedule '${schedule}', and duration '${duration}' already exists (duplicate detected)`,
      )
    }
    seen.add(key)
    if (kind !== 'allow' && kind !== 'deny') {
      return unnamed(`kind '${kind}' mismatch: can only be allow or deny`)
    }
    const unreadable = scheduleProblem(schedule)
    if (unreadable !== undefined) return unnamed(`cannot parse schedule '${schedule}': ${unreadable}`)
    const why = durationProblem(duration)
    if (why !== undefined) return unnamed(`cannot parse duration '${duration}': ${why}`)
    // Argo CD takes a zone that does not exist for UTC: a window at another hour than its author believes.
    if (window.timeZone && !isZone(window.timeZone)) {
      return invalid(
        `timeZone '${window.timeZone}' of a sync window does not exist; use a name such as 'Europe/Berlin'`,
      )
    }
    if (description.length > 255) return unnamed('description must not exceed 255 characters')
    if (!applications?.length && !namespaces?.length && !clusters?.length) {
      const message = `window '${kind}':'${schedule}':'${duration}' requires one of application, cluster or namespace`
      return { code: code.outOfRange, message }
    }
  }
  return undefined
}

/** Windows say in which zone they are, once they are stored. */
export function withTimeZones(spec: FullProjectSpec): FullProjectSpec {
  if (!spec.syncWindows?.length) return spec
  return { ...spec, syncWindows: spec.syncWindows.map((window) => ({ ...window, timeZone: window.timeZone || 'UTC' })) }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function serviceAccountProblem(spec: FullProjectSpec): Problem | undefined {
  const seen = new Set<string>()
  for (const { server = '', namespace = '', defaultServiceAccount = '' } of spec.destinationServiceAccounts ?? []) {
    const wrong = (field: string, value: string): Problem => invalid(`${field} has an invalid format, '${value}'`)
    if (server.includes('!')) return wrong('server', server)
    if (namespace.includes('!')) return wrong('namespace', namespace)
    if (defaultServiceAccount.trim() === '' || /[!*[\]{}\\/]/.test(defaultServiceAccount)) {
      return wrong('defaultServiceAccount', defaultServiceAccount)
    }
    if (isBroken(server)) return wrong('server', server)
    if (isBroken(namespace)) return wrong('namespace', namespace)
    const key = `${server}/${namespace}`
    if (seen.has(key)) return invalid(`destinationServiceAccount '${key}' already added`)
    seen.add(key)
  }
  return undefined
}

/** Whether a glob ends within brackets. */
function isBroken(glob: string): boolean {
  return glob
    .replace(/\\./gs, '')
    .replace(/\[[^\]]*\]/g, '')
    .includes('[')
}
