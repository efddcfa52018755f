import { isMap } from '@flotilla/shared/gotemplate/values'
import { mergePatch } from '@flotilla/shared/k8s/merge-patch'
import { GenerateError, type Generated } from '../types.ts'

/** Applies a `templatePatch` that has been rendered: as a merge, but that finalizers are added. The project stays. */
export function applyTemplatePatch(
  application: Generated,
  text: string,
  parseYaml: (text: string) => unknown,
): Generated {
  let patch: unknown
  try {
    patch = parseYaml(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw refuse(`error while converting template to json ${JSON.stringify(text)}: ${why}`)
  }
  if (patch === null || patch === undefined) return application
  if (!isMap(patch)) throw refuse(`invalid templatePatch ${JSON.stringify(text)}: it is no object`)
  const patched = mergePatch(application, patch) as Generated
  const finalizers = (patch['metadata'] as { finalizers?: string[] } | undefined)?.finalizers
  const all = finalizers ? [...new Set([...(application.metadata.finalizers ?? []), ...finalizers])] : undefined
  const { namespace: _moved, ...metadata } = patched.metadata
  return {
    ...patched,
    apiVersion: application.apiVersion,
    kind: application.kind,
    metadata: {
      ...metadata,
      ...(all ? { finalizers: all } : {}),
      ...(application.metadata.namespace ? { namespace: application.metadata.namespace } : {}),
    },
    spec: { ...patched.spec, ...(application.spec.project === undefined ? {} : { project: application.spec.project }) },
  }
}

function refuse(message: string): GenerateError {
  return new GenerateError('RenderTemplateParamsError', message)
}
