import type { KubeObject } from '../../../k8s/object.ts'
import { seededRandom } from '../../../runtime/random.ts'
import type { Decision, RequestInfo } from '../../api-server.ts'
import { createApiServer } from '../../api-server.ts'
import type { DetailedObjects } from '../../create-objects.ts'
import { builtinStrategies } from '../../kinds/index.ts'
import { MemoryStore } from '../../memory-store.ts'
import type { WriteOptions } from '../../objects.ts'
import { builtinResources } from '../../schema/builtin.ts'
import { StatusError } from '../../status-error.ts'
import type { AdmissionPlugin } from '../plugin.ts'

/** An API with some rules of admission, whose time stands still, for tests. */
export interface TestApi {
  readonly objects: DetailedObjects
  /** Creates an object by its kind's plural; answers it. */
  create(resource: string, object: object, options?: WriteOptions): Promise<KubeObject>
  /** Creates an object that is refused; answers the refusal. */
  refused(resource: string, object: object, options?: WriteOptions): Promise<StatusError>
  /** Creates an object; answers what it was warned of. */
  warned(resource: string, object: object): Promise<readonly string[]>
}

export const noon = Date.parse('2026-01-01T12:00:00Z')
const nobody = (): Decision => ({ allowed: false })

/** `resources` are given as in `deployments.apps/v1`, with `v1` for the core. Namespace `a` is there. */
export async function testApi(
  plugins: readonly AdmissionPlugin[],
  authorize: (info: RequestInfo) => Decision = nobody,
): Promise<TestApi> {
  const api = createApiServer({
    store: new MemoryStore(),
    resources: builtinResources(builtinStrategies),
    clock: { now: () => noon, after: () => () => undefined },
    random: seededRandom(1),
    version: {},
    admission: plugins,
    authenticate: () => ({ user: 'admin', groups: ['system:masters'] }),
    authorize,
  })
  const refOf = (resource: string, object: object) => {
    const row = api.resources
      .all()
      .find((candidate) => [candidate.plural, `${candidate.plural}.${candidate.group}`].includes(resource))
    if (!row) throw new Error(`no resource ${resource}`)
    const { metadata } = object as { metadata?: { namespace?: string; name?: string } }
    return {
      row,
      ref: {
        group: row.group,
        version: row.version,
        resource: row.plural,
        namespace: row.namespaced ? (metadata?.namespace ?? 'a') : '',
        name: '',
      },
    }
  }
  const test: TestApi = {
    objects: api.objects,
    async create(resource, object, options = {}) {
      return api.objects.create(refOf(resource, object).ref, object as KubeObject, options)
    },
    async refused(resource, object, options = {}) {
      try {
        await test.create(resource, object, options)
      } catch (error) {
        if (error instanceof StatusError) return error
        throw error
      }
      throw new Error('the object was not refused')
    },
    async warned(resource, object) {
      const warnings: string[] = []
      await api.objects.createDetailed(refOf(resource, object).ref, object as KubeObject, {}, warnings)
      return warnings
    },
  }
  await test.create('namespaces', { metadata: { name: 'a' } })
  return test
}

/** A pod with one container, and what else its spec says. */
export function pod(name: string, container: object = {}, spec: object = {}): object {
  return { metadata: { name }, spec: { containers: [{ name: 'main', image: 'app:1', ...container }], ...spec } }
}

/** A container that asks for and may use this much. */
export const using = (requests: object, limits: object = {}): object => ({ resources: { requests, limits } })
