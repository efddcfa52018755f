import { renderGo } from '@flotilla/hub/application-sets/template/go'
import { TemplatePanic } from '@flotilla/shared/gotemplate/error'
import type { Answerer } from '../door.ts'

/** `template` over `data`, as an ApplicationSet renders it. */
export function goTemplateAnswerer(now: () => number = () => Date.now()): Answerer {
  return ({ template, options, data }) => {
    const copy = structuredClone(data) as Record<string, unknown>
    try {
      return renderGo((options ?? []) as string[], now)(String(template), copy)
    } catch (error) {
      if (error instanceof Error && error.cause instanceof TemplatePanic) throw error.cause
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`unable to generate Applications of ApplicationSet: error generating applications: ${why}`, {
        cause: error,
      })
    }
  }
}
