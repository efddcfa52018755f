import type { KubeObject } from '../../k8s/object.ts'
import { jsonClone, jsonEqual } from '../../lang/json.ts'
import type { Admission } from '../hooks.ts'

/** Who of a plugin's callees runs again in the second round: those who want to, where the object changed after they ran. */
export class Reinvocation {
  #previous = new Set<string>()
  readonly #again = new Set<string>()
  #output: KubeObject | undefined

  /** What a plugin remembers of the request; in the second round, with what other plugins changed meanwhile. */
  static of(request: Admission, plugin: string): Reinvocation {
    const { reinvocation } = request
    const known = reinvocation?.notes.get(plugin)
    const memory = known instanceof Reinvocation ? known : new Reinvocation()
    reinvocation?.notes.set(plugin, memory)
    if (reinvocation?.round === 1 && !jsonEqual(memory.#output, request.object)) memory.#changed()
    return memory
  }

  /** Whether a callee is to be left out this time. */
  skips(request: Admission, id: string): boolean {
    return request.reinvocation?.round === 1 && !this.#again.has(id)
  }

  /** Notes that a callee ran. */
  ran(request: Admission, id: string, changed: boolean, wantsAgain: boolean): void {
    if (changed) {
      this.#changed()
      if (request.reinvocation) request.reinvocation.wanted = true
    }
    if (wantsAgain) this.#previous.add(id)
  }

  /** Notes what the plugin leaves behind. */
  done(request: Admission): void {
    this.#output = request.object && jsonClone(request.object)
  }

  #changed(): void {
    for (const id of this.#previous) this.#again.add(id)
    this.#previous = new Set()
  }
}
