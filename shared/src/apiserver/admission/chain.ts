import type { Admission, ApiHooks } from '../hooks.ts'
import { resourceName } from '../resource.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'

type Phase = 'admit' | 'validate'

/** The plugins that have a say in a phase, by resource: most look at few kinds. */
class Sieve {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #byName = new Map<string, readonly AdmissionPlugin[]>()

  constructor(plugins: readonly AdmissionPlugin[], phase: Phase) {
    this.#plugins = plugins.filter((plugin) => phase in plugin)
  }

  of({ resource }: Admission): readonly AdmissionPlugin[] {
    const name = resourceName(resource)
    let found = this.#byName.get(name)
    if (!found) {
      found = this.#plugins.filter(({ resources }) => resources?.includes(name) ?? true)
      this.#byName.set(name, found)
    }
    return found
  }
}

/** Plugins as the hooks of an API: all mutate in order, then, once the object is valid, all validate in order. */
export function admissionChain(
  plugins: readonly AdmissionPlugin[],
  world: () => AdmissionWorld,
): Required<Pick<ApiHooks, 'mutate' | 'admit'>> {
  const mutating = new Sieve(plugins, 'admit')
  const validating = new Sieve(plugins, 'validate')
  return {
    async mutate(request) {
      const reinvocation = { round: 0, wanted: false, notes: new Map<string, unknown>() }
      const current: Admission = { ...request, reinvocation }
      const managed = request.object?.metadata.managedFields
      const concerned = mutating.of(request)
      for (const plugin of concerned) await plugin.admit?.(current, world())
      if (reinvocation.wanted) {
        reinvocation.round = 1
        for (const plugin of concerned) await plugin.admit?.(current, world())
      }
      // Who owns which field is not for webhooks to say.
      if (current.object && managed) current.object.metadata.managedFields = managed
      return current.object
    },
    async admit(request) {
      for (const plugin of validating.of(request)) await plugin.validate?.(request, world())
    },
  }
}
