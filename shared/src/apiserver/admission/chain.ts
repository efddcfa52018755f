import type { Admission, ApiHooks } from '../hooks.ts'
import type { AdmissionPlugin, AdmissionWorld } from './plugin.ts'

/** Plugins as the hooks of an API: all mutate in order, then, once the object is valid, all validate in order. */
export function admissionChain(
  plugins: readonly AdmissionPlugin[],
  world: () => AdmissionWorld,
): Required<Pick<ApiHooks, 'mutate' | 'admit'>> {
  const mutating = plugins.filter((plugin) => 'admit' in plugin)
  const validating = plugins.filter((plugin) => 'validate' in plugin)
  return {
    async mutate(request) {
      const reinvocation = { round: 0, wanted: false, notes: new Map<string, unknown>() }
      const current: Admission = { ...request, reinvocation }
      const managed = request.object?.metadata.managedFields
      for (const plugin of mutating) await plugin.admit?.(current, world())
      if (reinvocation.wanted) {
        reinvocation.round = 1
        for (const plugin of mutating) await plugin.admit?.(current, world())
      }
      // Who owns which field is not for webhooks to say.
      if (current.object && managed) current.object.metadata.managedFields = managed
      return current.object
    },
    async admit(request) {
      for (const plugin of validating) await plugin.validate?.(request, world())
    },
  }
}
