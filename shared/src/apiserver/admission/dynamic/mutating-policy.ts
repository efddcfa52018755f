import { JsonPatchError, jsonPatch } from '../../../k8s/json-patch.ts'
import type { KubeObject } from '../../../k8s/object.ts'
import { isObject, jsonEqual } from '../../../lang/json.ts'
import { mergeTyped } from '../../../k8s/structured/merge.ts'
import { validateTyped } from '../../apply/validate.ts'
import type { AccessOracles } from '../../cel/authorizer.ts'
import { CelCompileError } from '../../cel/program.ts'
import { fromCel, toCel } from '../../cel/values.ts'
import type { Admission } from '../../hooks.ts'
import { anyType, childType, type Type } from '../../schema/types.ts'
import { StatusError } from '../../status-error.ts'
import { fieldsList, fieldsOf } from '../../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from '../plugin.ts'
import { refuse } from '../refusal.ts'
import { Reinvocation } from '../reinvocation.ts'
import { bindingsOf, checkConditions, failed, withAuthorizer } from './activation.ts'
import { BoundPolicies } from './bound-policies.ts'
import { expressionCompiler, preludeOf, type Expression, type Prelude } from './expressions.ts'
import { invocationsOf, type Invocation, type Invocations } from './invocations.ts'
import { patchedObject } from './patched.ts'
import { targetOf, type Target } from './target.ts'
import { evaluateVariables } from './variables.ts'

const pluginName = 'MutatingAdmissionPolicy'

interface Mutation extends Expression {
  readonly kind: 'JSONPatch' | 'ApplyConfiguration'
}

interface CompiledPolicy extends Prelude {
  readonly mutations: readonly Mutation[]
}

/** A mutation that cannot be carried out: what the failure policy is about. */
class MutationError extends Error {}

/** MutatingAdmissionPolicies and their bindings: change objects by expressions. */
export function mutatingPolicies(): AdmissionPlugin {
  const policies = new BoundPolicies('mutating', compilePolicy)
  return {
    name: pluginName,
    async admit(request, world) {
      const bound = await policies.of(request, world)
      if (bound.length === 0) return
      const memory = Reinvocation.of(request, pluginName)
      const refused: StatusError[] = []
      for (const { policy, bindings, compiled } of bound)
        refused.push(...(await run(request, world, policy, bindings, compiled, policies.oracles, memory)))
      memory.done(request)
      const [first] = refused
      if (first) throw merged(first, refused)
    },
  }
}

function compilePolicy(policy: KubeObject, oracles: AccessOracles): CompiledPolicy {
  const spec = fieldsOf(policy['spec'])
  const compile = expressionCompiler(oracles)
  return {
    ...preludeOf(spec, compile),
    mutations: fieldsList(spec['mutations']).map((item) => ({
      kind: item['patchType'] === 'JSONPatch' ? 'JSONPatch' : 'ApplyConfiguration',
      ...compile(fieldsOf(item['jsonPatch'] ?? item['applyConfiguration'])['expression']),
    })),
  }
}

/** Runs a policy by all of its bindings; answers the refusals that its failure policy does not ignore. */
async function run(
  request: Admission,
  world: AdmissionWorld,
  policy: KubeObject,
  own: readonly KubeObject[],
  ready: CompiledPolicy | CelCompileError,
  oracles: AccessOracles,
  memory: Reinvocation,
): Promise<StatusError[]> {
  const spec = fieldsOf(policy['spec'])
  const invocations = await invocationsOf(request, world, policy, own)
  if (!invocations) return []
  const refused: StatusError[] = []
  const no = (message: string, reason: string, binding?: KubeObject): void => {
    if (spec['failurePolicy'] !== 'Ignore') refused.push(refusal(request, policy, binding, message, reason))
  }
  for (const invocation of invocations.all) {
    if ('message' in invocation) {
      no(invocation.message, 'Forbidden', invocation.binding)
      continue
    }
    const { binding, param } = invocation
    const { name, namespace } = param?.metadata ?? {}
    const id = [policy.metadata.name, binding.metadata.name, namespace, name].join('/')
    if (memory.skips(request, id)) continue
    const before = request.object
    try {
      if (ready instanceof CelCompileError) throw new MutationError(ready.message)
      await mutate(request, world, ready, invocations, invocation, oracles)
    } catch (error) {
      if (!(error instanceof MutationError)) throw error
      no(error.message, 'Invalid', binding)
    }
    memory.ran(request, id, !jsonEqual(before, request.object), spec['reinvocationPolicy'] === 'IfNeeded')
  }
  return refused
}

async function mutate(
  request: Admission,
  world: AdmissionWorld,
  policy: CompiledPolicy,
  { target: first, namespace }: Invocations,
  { param }: Invocation,
  oracles: AccessOracles,
): Promise<void> {
  const served = world.resources.get(first.resource.group, first.resource.version, first.resource.resource)
  for (const mutation of policy.mutations) {
    // Each mutation sees what the one before it left.
    const target = targetOf(request, served ?? request.resource)
    if (!target.object) return
    const value = await oracles.with((oracle, id) => {
      const base = { ...bindingsOf(request, target, namespace, id), params: toCel(param) }
      return withAuthorizer(request, oracle, world, () => evaluate(policy, mutation, base))
    })
    if (value === undefined) return
    if ('error' in value) throw new MutationError(value.error)
    const type = served?.type ?? anyType
    const patched = mutation.kind === 'JSONPatch' ? patch(target.object, value.value) : apply(type, target, value.value)
    request.object = patchedObject(request, target, patched, world)
  }
}

/** What a mutation's expression gives, as JSON; undefined: the policy's conditions do not hold. */
function evaluate(
  policy: CompiledPolicy,
  mutation: Mutation,
  base: Readonly<Record<string, unknown>>,
): { readonly value: unknown } | { readonly error: string } | undefined {
  const conditions = checkConditions(policy.conditions, base)
  if (conditions === false) return undefined
  if (conditions !== true) return conditions
  const { values, explain } = evaluateVariables(policy.variables, base)
  const outcome = mutation.program(values)
  if ('error' in outcome) return { error: failed(mutation.expression, { error: explain(outcome.error) }) }
  return { value: fromCel(outcome.value) }
}

function patch(object: KubeObject, operations: unknown): KubeObject {
  if (!Array.isArray(operations))
    throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array')
  try {
    return jsonPatch(object, operations) as KubeObject
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error
    // A test that fails means that nothing is to be done.
    if (operations.some((operation) => isObject(operation) && operation['op'] === 'test')) return object
    throw new MutationError(`JSON Patch: ${error.message}`)
  }
}

function apply(type: Type, { object, kind }: Target, applied: unknown): KubeObject {
  if (!isObject(applied) || !object)
    throw new MutationError('unsupported return type from ApplyConfiguration expression')
  const complete = { ...applied, apiVersion: object.apiVersion, kind: object.kind }
  const problem = validateTyped(type, complete)
  const gvk = `${kind.group === '' ? '' : kind.group}/${kind.version}, Kind=${kind.kind}`
  if (problem !== undefined)
    throw new MutationError(
      `error applying patch: failed to convert patch object to typed object: (/; ${gvk}): ${problem}`,
    )
  const atomics = findAtomics(type, applied, '')
  if (atomics.length > 0)
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`,
    )
  return mergeTyped(type, object, complete) as KubeObject
}

/** Paths of what would be replaced as a whole: an apply configuration may only add to things. */
function findAtomics(type: Type, value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    if (type.form !== 'list') return []
    const inner = value.flatMap((item, index) => findAtomics(type.element, item, `${path}[${index}]`))
    return type.listType === 'atomic' ? [path, ...inner] : inner
  }
  if (!isObject(value) || (type.form !== 'struct' && type.form !== 'map')) return []
  const inner = Object.entries(value).flatMap(([name, item]) => {
    const child = childType(type, name)
    return child ? findAtomics(child, item, `${path}.${name}`) : []
  })
  return type.atomic ? [path, ...inner] : inner
}

function refusal(
  request: Admission,
  policy: KubeObject,
  binding: KubeObject | undefined,
  message: string,
  reason: string,
): StatusError {
  const { name = '' } = policy.metadata
  const by = binding
    ? `policy '${name}' with binding '${binding.metadata.name ?? ''}'`
    : `policy ${JSON.stringify(name)}`
  const text = `${by} denied request: ${message}`
  const { details } = refuse(request, text).status
  return new StatusError(403, reason, text, { ...details, causes: [{ message: text }] })
}

/** The first refusal, with all of them as causes. */
function merged(first: StatusError, all: readonly StatusError[]): StatusError {
  const causes = all.map((error) => ({ message: error.message }))
  return new StatusError(403, first.status.reason ?? 'Forbidden', first.message, { ...first.status.details, causes })
}
