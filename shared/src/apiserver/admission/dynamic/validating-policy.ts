import type { KubeObject } from '../../../k8s/object.ts'
import { dictionary } from '../../../lang/dictionary.ts'
import type { AccessOracles } from '../../cel/authorizer.ts'
import { CelCompileError, type Bindings, type Outcome, type Program } from '../../cel/program.ts'
import { toCel } from '../../cel/values.ts'
import type { Admission } from '../../hooks.ts'
import { StatusError } from '../../status-error.ts'
import { fieldsList, fieldsOf, listOf, textOf } from '../../validation/values.ts'
import type { AdmissionPlugin, AdmissionWorld } from '../plugin.ts'
import { refuse } from '../refusal.ts'
import { bindingsOf, checkConditions, failed, withAuthorizer } from './activation.ts'
import { BoundPolicies } from './bound-policies.ts'
import { expressionCompiler, preludeOf, type Expression, type Prelude } from './expressions.ts'
import { invocationsOf } from './invocations.ts'
import { evaluateVariables } from './variables.ts'

/** A refusal, or what would be one by another action. */
interface Decision {
  readonly message: string
  readonly reason: string
  readonly policy: KubeObject
  readonly binding?: KubeObject
}

interface Validation extends Expression {
  readonly message: string
  readonly messageProgram?: Program
  readonly reason: string
}

interface CompiledPolicy extends Prelude {
  readonly validations: readonly Validation[]
  readonly audits: readonly Expression[]
}

/** ValidatingAdmissionPolicies and their bindings, evaluated on every write that they match. */
export function validatingPolicies(): AdmissionPlugin {
  const policies = new BoundPolicies('validating', compilePolicy)
  return {
    name: 'ValidatingAdmissionPolicy',
    async validate(request, world) {
      const denied: Decision[] = []
      for (const { policy, bindings, compiled } of await policies.of(request, world))
        denied.push(...(await decide(request, world, policy, bindings, compiled, policies.oracles)))
      const [first] = denied
      if (first) throw refusal(request, first)
    },
  }
}

function compilePolicy(policy: KubeObject, oracles: AccessOracles): CompiledPolicy {
  const spec = fieldsOf(policy['spec'])
  const compile = expressionCompiler(oracles)
  return {
    ...preludeOf(spec, compile),
    validations: fieldsList(spec['validations']).map((item) => ({
      ...compile(item['expression']),
      message: textOf(item['message']).trim(),
      reason: textOf(item['reason']) || 'Invalid',
      ...(textOf(item['messageExpression']) === ''
        ? {}
        : { messageProgram: compile(item['messageExpression']).program }),
    })),
    audits: fieldsList(spec['auditAnnotations']).map((item) => compile(item['valueExpression'])),
  }
}

/** What a policy says to a request by all of its bindings; warnings are given on the way. */
async function decide(
  request: Admission,
  world: AdmissionWorld,
  policy: KubeObject,
  own: readonly KubeObject[],
  ready: CompiledPolicy | CelCompileError,
  oracles: AccessOracles,
): Promise<Decision[]> {
  const ignores = fieldsOf(policy['spec'])['failurePolicy'] === 'Ignore'
  const invocations = await invocationsOf(request, world, policy, own)
  if (!invocations) return []
  const { target, namespace, all } = invocations
  const denied: Decision[] = []
  for (const invocation of all) {
    if ('message' in invocation) {
      if (!ignores) denied.push({ ...invocation, reason: 'Invalid', policy })
      continue
    }
    const { binding, param } = invocation
    if (ready instanceof CelCompileError) {
      if (!ignores) denied.push(...act(request, policy, binding, [{ message: ready.message, reason: 'Invalid' }]))
      continue
    }
    const found = await oracles.with((oracle, id) => {
      const base = { ...bindingsOf(request, target, namespace, id), params: toCel(param) }
      return withAuthorizer(request, oracle, world, () => evaluate(ready, base, ignores))
    })
    denied.push(...act(request, policy, binding, found))
  }
  return denied
}

function act(
  request: Admission,
  policy: KubeObject,
  binding: KubeObject,
  found: readonly { readonly message: string; readonly reason: string }[],
): Decision[] {
  const actions = listOf(fieldsOf(binding['spec'])['validationActions'])
  return found.flatMap((decision) => {
    if (actions.includes('Warn'))
      request.warn(
        `Validation failed for ValidatingAdmissionPolicy '${policy.metadata.name ?? ''}' with binding '${binding.metadata.name ?? ''}': ${decision.message}`,
      )
    return actions.includes('Deny') ? [{ ...decision, policy, binding }] : []
  })
}

/** All validations that fail, in order. */
function evaluate(
  policy: CompiledPolicy,
  base: Bindings,
  ignores: boolean,
): { readonly message: string; readonly reason: string }[] {
  const errors = (message: string) => (ignores ? [] : [{ message, reason: 'Invalid' }])
  const conditions = checkConditions(policy.conditions, base)
  if (conditions === false) return []
  if (conditions !== true) return errors(conditions.error)
  const { values, explain } = evaluateVariables(policy.variables, base)
  const found = policy.validations.flatMap((validation) => {
    const outcome = validation.program(values)
    if ('error' in outcome) return errors(failed(validation.expression, { error: explain(outcome.error) }))
    if (outcome.value === true) return []
    return [{ message: messageOf(validation, validation.messageProgram?.(values)), reason: validation.reason }]
  })
  const audits = policy.audits.flatMap(({ expression, program }) => {
    const outcome = program(values)
    return 'error' in outcome ? errors(failed(expression, { error: explain(outcome.error) })) : []
  })
  return [...found, ...audits]
}

function messageOf(validation: Validation, computed: Outcome | undefined): string {
  if (computed && 'value' in computed && typeof computed.value === 'string') {
    const text = computed.value.trim()
    if (text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= 5 * 1024) return text
  }
  return validation.message || `failed expression: ${validation.expression.trim()}`
}

const codes: Readonly<Record<string, number>> = dictionary({
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
})

function refusal(request: Admission, { message, reason, policy, binding }: Decision): StatusError {
  const by = binding ? ` with binding '${binding.metadata.name ?? ''}'` : ''
  const text = `ValidatingAdmissionPolicy '${policy.metadata.name ?? ''}'${by} denied request: ${message}`
  const { status } = refuse(request, text)
  return new StatusError(codes[reason] ?? 422, reason, status.message ?? text, {
    ...status.details,
    causes: [{ message: text }],
  })
}
