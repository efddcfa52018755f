import type { Clock, Random } from '../../lang/clock.ts'
import type { RequestInfo, Decision } from '../api-server.ts'
import type { Admission } from '../hooks.ts'
import type { ObjectStore } from '../object-store.ts'
import type { Actor, Objects } from '../objects.ts'
import type { ResourceTable } from '../resource.ts'

/** What a plugin may look at beside the request. */
export interface AdmissionWorld {
  readonly store: ObjectStore
  readonly resources: ResourceTable
  readonly objects: Objects
  readonly clock: Clock
  readonly random: Random
  /** Whether somebody may do something, as the authorizer of the API decides. */
  authorize(actor: Actor, attributes: Partial<RequestInfo>): Promise<Decision>
}

/**
 * One rule of admission. `admit` runs before the object is prepared and validated and may change it in place; `validate`
 * sees it as it will be stored. Both refuse by throwing a `StatusError`.
 */
export interface AdmissionPlugin {
  readonly name: string
  /** The resources (`plural.group`) whose requests it looks at. Absent: all. */
  readonly resources?: readonly string[]
  /** May run once more, where a webhook changed the object after it: must give the same again. */
  admit?(request: Admission, world: AdmissionWorld): void | Promise<void>
  validate?(request: Admission, world: AdmissionWorld): void | Promise<void>
}
