import type { KubeObject } from '../../../k8s/object.ts'
import type { Admission } from '../../hooks.ts'
import { AccessOracles } from '../../cel/authorizer.ts'
import { CelCompileError } from '../../cel/program.ts'
import { fieldsOf } from '../../validation/values.ts'
import type { AdmissionWorld } from '../plugin.ts'
import { listOf as listObjects } from '../reads.ts'
import { isExempt } from './match.ts'

/** A policy that something binds, and what its expressions are, or why they cannot be read. */
export interface BoundPolicy<T> {
  readonly policy: KubeObject
  readonly bindings: readonly KubeObject[]
  readonly compiled: T | CelCompileError
}

/** Policies of one kind with their bindings; each version of a policy is compiled once. */
export class BoundPolicies<T extends object> {
  readonly oracles = new AccessOracles()
  readonly #kind: string
  readonly #compile: (policy: KubeObject, oracles: AccessOracles) => T
  readonly #compiled = new WeakMap<KubeObject, T | CelCompileError>()

  /** `kind`: the resource of the policies, in the singular; its group is that of admission registration. */
  constructor(kind: string, compile: (policy: KubeObject, oracles: AccessOracles) => T) {
    this.#kind = kind
    this.#compile = compile
  }

  /** What may have a say in a request. */
  async of(request: Admission, world: AdmissionWorld): Promise<readonly BoundPolicy<T>[]> {
    if (isExempt(request)) return []
    const policies = await listObjects(world, plural(this.#kind, 'policies'))
    if (policies.length === 0) return []
    const bindings = await listObjects(world, plural(this.#kind, 'policybindings'))
    return policies.flatMap((policy) => {
      const own = bindings.filter((binding) => fieldsOf(binding['spec'])['policyName'] === policy.metadata.name)
      return own.length === 0 ? [] : [{ policy, bindings: own, compiled: this.#ready(policy) }]
    })
  }

  #ready(policy: KubeObject): T | CelCompileError {
    let ready = this.#compiled.get(policy)
    if (!ready) this.#compiled.set(policy, (ready = this.#try(policy)))
    return ready
  }

  #try(policy: KubeObject): T | CelCompileError {
    try {
      return this.#compile(policy, this.oracles)
    } catch (error) {
      if (error instanceof CelCompileError) return error
      throw error
    }
  }
}

const plural = (kind: string, what: string): string => `${kind}admission${what}.admissionregistration.k8s.io`
