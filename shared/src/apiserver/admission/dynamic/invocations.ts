import type { KubeObject } from '../../../k8s/object.ts'
import type { Admission } from '../../hooks.ts'
import { fieldsOf } from '../../validation/values.ts'
import type { AdmissionWorld } from '../plugin.ts'
import { find } from '../reads.ts'
import { criteriaOf, matchRequest } from './match.ts'
import { collectParams, paramResource } from './params.ts'
import { namespaceOf, targetOf, type Target } from './target.ts'

/** One evaluation of a policy: by one of its bindings, with one of that binding's parameters. */
export interface Invocation {
  readonly binding: KubeObject
  readonly param: KubeObject | undefined
}

/** What a policy, or one of its bindings, cannot be evaluated for. */
export interface Misconfiguration {
  readonly message: string
  readonly binding?: KubeObject
}

export interface Invocations {
  readonly target: Target
  /** The namespace of the request's object. */
  readonly namespace: KubeObject | undefined
  readonly all: readonly (Invocation | Misconfiguration)[]
}

/** All evaluations of a policy that a request asks for; undefined: the policy does not match it. */
export async function invocationsOf(
  request: Admission,
  world: AdmissionWorld,
  policy: KubeObject,
  bindings: readonly KubeObject[],
): Promise<Invocations | undefined> {
  const spec = fieldsOf(policy['spec'])
  const resource = await matchRequest(request, criteriaOf(spec['matchConstraints']), world)
  if (!resource) return undefined
  const target = targetOf(request, resource)
  const name = namespaceOf(request)
  const inside = name !== '' && request.resource.plural !== 'namespaces'
  const namespace = inside ? await find(world, 'namespaces', '', name) : undefined
  const found = { target, namespace }
  let paramKind: ReturnType<typeof paramResource>
  try {
    paramKind = paramResource(spec['paramKind'], world)
  } catch (error) {
    return { ...found, all: [{ message: `failed to configure policy: ${textOfError(error)}` }] }
  }
  const all: (Invocation | Misconfiguration)[] = []
  for (const binding of bindings) {
    const boundSpec = fieldsOf(binding['spec'])
    const { matchResources } = boundSpec
    if (matchResources && !(await matchRequest(request, criteriaOf(matchResources), world))) continue
    try {
      const params = await collectParams(paramKind, boundSpec['paramRef'], name, world)
      all.push(...params.map((param) => ({ binding, param })))
    } catch (error) {
      all.push({ message: `failed to configure binding: ${textOfError(error)}`, binding })
    }
  }
  return { ...found, all }
}

const textOfError = (error: unknown): string => (error instanceof Error ? error.message : String(error))
