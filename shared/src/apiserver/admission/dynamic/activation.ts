import type { KubeObject } from '../../../k8s/object.ts'
import {
  authorizerFunctions,
  authorizerValue,
  type AccessOracle,
  type AccessOracles,
  type AccessQuestion,
} from '../../cel/authorizer.ts'
import { compile, type Bindings, type Outcome, type Program } from '../../cel/program.ts'
import { toCel } from '../../cel/values.ts'
import type { Admission } from '../../hooks.ts'
import type { Actor } from '../../objects.ts'
import type { AdmissionWorld } from '../plugin.ts'
import { namespaceOf, type Target } from './target.ts'

const names = ['object', 'oldObject', 'request', 'params', 'namespaceObject', 'variables', 'authorizer']

/** Compiles an expression of admission; throws a `CelCompileError`. */
export function compileAdmission(
  expression: string,
  oracles: AccessOracles,
  variables: readonly string[] = names,
): Program {
  return compile(expression, variables, authorizerFunctions(oracles))
}

/** What expressions may read of a write. */
export function bindingsOf(
  request: Admission,
  target: Target,
  namespace: KubeObject | undefined,
  oracle: string,
): Record<string, unknown> {
  return {
    object: toCel(target.object),
    oldObject: toCel(target.oldObject),
    request: toCel(requestFields(request, target)),
    namespaceObject: toCel(namespace && publicNamespace(namespace)),
    authorizer: authorizerOf(request, oracle),
  }
}

/** The authorizer, with the resource of the request as a question already put. */
function authorizerOf(request: Admission, oracle: string): unknown {
  const { resource, subresource, name } = request
  const question: Partial<AccessQuestion> = {
    group: resource.group,
    resource: resource.plural,
    ...(subresource === undefined ? {} : { subresource }),
    namespace: namespaceOf(request),
    name,
  }
  return authorizerValue(oracle).set('requestResource', authorizerValue(oracle, question))
}

function publicNamespace(namespace: KubeObject): KubeObject {
  const { managedFields: _, ownerReferences: __, ...metadata } = namespace.metadata
  return { ...namespace, metadata }
}

/** Who acts, as reviews show it. */
export function userInfoOf({ user, uid, groups, extra }: Actor): Record<string, unknown> {
  return {
    username: user,
    ...(uid === undefined ? {} : { uid }),
    ...(groups.length > 0 ? { groups } : {}),
    ...(extra ? { extra } : {}),
  }
}

/** The request as an AdmissionReview tells it, without its objects. */
export function requestFields(request: Admission, target: Target): Record<string, unknown> {
  const { resource, subresource, operation, actor, dryRun, options, name } = request
  const sub = subresource === undefined ? undefined : resource.subresources.find((item) => item.name === subresource)
  const namespace = namespaceOf(request)
  return {
    kind: target.kind,
    resource: target.resource,
    ...(subresource === undefined ? {} : { subResource: subresource }),
    requestKind: {
      group: sub?.group ?? resource.group,
      version: sub?.version ?? resource.version,
      kind: sub?.kind ?? resource.kind,
    },
    requestResource: { group: resource.group, version: resource.version, resource: resource.plural },
    ...(subresource === undefined ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userInfoOf(actor),
    dryRun,
    ...(options ? { options } : {}),
  }
}

/** Runs `evaluate` again until all that its expressions ask of the authorizer has been answered. */
export async function withAuthorizer<T>(
  request: Admission,
  oracle: AccessOracle,
  world: AdmissionWorld,
  evaluate: () => T,
): Promise<T> {
  for (let round = 0; ; round += 1) {
    const result = evaluate()
    const open = oracle.takeOpen()
    if (open.length === 0 || round === 100) return result
    for (const question of open) {
      const { user, path, ...rest } = question
      const actor = user === undefined ? request.actor : serviceAccountActor(user)
      const decision = await world.authorize(actor, { ...rest, path: path ?? '', isResource: path === undefined })
      oracle.tell(question, { allowed: decision.allowed, reason: decision.reason ?? '' })
    }
  }
}

function serviceAccountActor(user: string): Actor {
  const namespace = user.split(':')[2] ?? ''
  return {
    user,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  }
}

/** Whether all match conditions hold; false as soon as one does not; else what the failure of some says. */
export function checkConditions(
  conditions: readonly { readonly expression: string; readonly program: Program }[],
  bindings: Bindings,
): boolean | { readonly error: string } {
  const outcomes = conditions.map(({ expression, program }) => ({ expression, outcome: program(bindings) }))
  if (outcomes.some(({ outcome }) => 'value' in outcome && outcome.value === false)) return false
  const errors = outcomes.flatMap(({ expression, outcome }) =>
    'error' in outcome ? [failed(expression, outcome)] : [],
  )
  if (errors.length === 0) return true
  return { error: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` }
}

/** What an expression's failure is called. */
export function failed(expression: string, outcome: Extract<Outcome, { error: string }>): string {
  return `expression '${expression}' resulted in error: ${outcome.error}`
}
