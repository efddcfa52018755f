import { dictionary } from '../lang/dictionary.ts'
import { policyLines } from './csv.ts'
import { parsePolicy, userPolicy } from './policy.ts'

/** One question to a policy, as `admin settings rbac can` is asked it. */
export interface CanQuestion {
  readonly subject: string
  readonly action: string
  readonly resource: string
  readonly object?: string
  readonly defaultRole?: string
  /** Whether Argo CD's own roles exist (default: yes). */
  readonly builtin?: boolean
  /** Whether names of resources and actions must be known (default: yes). */
  readonly strict?: boolean
}

const shortNames: Readonly<Record<string, string>> = dictionary({
  account: 'accounts',
  app: 'applications',
  apps: 'applications',
  application: 'applications',
  cert: 'certificates',
  certs: 'certificates',
  certificate: 'certificates',
  cluster: 'clusters',
  extension: 'extensions',
  gpgkey: 'gpgkeys',
  key: 'gpgkeys',
  log: 'logs',
  proj: 'projects',
  projs: 'projects',
  project: 'projects',
  repo: 'repositories',
  repos: 'repositories',
  repository: 'repositories',
})

const written = 'create get update delete'

/** The actions of each resource; one that ends with `/` may have a path behind it. */
const actions: Readonly<Record<string, string>> = dictionary({
  accounts: 'create update',
  applications: 'create get update/ delete/ action/ override sync rollback',
  applicationsets: written,
  certificates: 'create get delete',
  clusters: written,
  extensions: 'invoke',
  gpgkeys: 'create get delete',
  logs: 'get',
  exec: 'create',
  projects: written,
  repositories: written,
})

/** Those whose objects are named with their project: the ones that a role of a project may be given rights to. */
export const inProjects: ReadonlySet<string> = new Set([
  'applications',
  'applicationsets',
  'logs',
  'exec',
  'clusters',
  'repositories',
])

/** What `admin settings rbac can` answers; throws with its words where the policy or the question is wrong. */
export function rbacCan(rbac: Readonly<Record<string, string>>, question: CanQuestion): boolean {
  const text = userPolicy(rbac)
  const problem = policyProblem(text)
  if (problem) throw new Error(`invalid user policy: ${problem}`)
  const resource = shortNames[question.resource] ?? question.resource
  if (question.strict ?? true) checkNames(resource, question.action)
  const every = inProjects.has(resource) && ['', '*'].includes(question.object ?? '')
  const policy = parsePolicy(rbac, {
    builtin: question.builtin ?? true,
    // A flag that is empty is no flag.
    ...(question.defaultRole ? { defaultRole: question.defaultRole } : {}),
  })
  return policy.allows(question.subject, resource, question.action, every ? '*/*' : (question.object ?? ''))
}

/** Why a policy cannot be; undefined where it can. */
export function policyProblem(text: string): string | undefined {
  return policyLines(text).broken.length > 0 ? `policy syntax error: ${text}` : undefined
}

function checkNames(resource: string, action: string): void {
  const known = Object.hasOwn(actions, resource) ? actions[resource]?.split(' ') : undefined
  if (!known) throw new Error(`error in RBAC request: '${resource}' is not a valid resource name`)
  const slash = action.indexOf('/')
  const name = slash < 0 ? action : action.slice(0, slash)
  const valid = known.includes(`${name}/`) || (slash < 0 && known.includes(name))
  if (!valid) throw new Error(`error in RBAC request: '${action}' is not a valid action for ${resource}`)
}
