import { isMap } from '@flotilla/shared/gotemplate/values'
import { wrongType } from '@flotilla/shared/engine/health/go-json'
import { goJson } from '@flotilla/shared/lang/go-json'
import { jsonSyntaxError } from '@flotilla/shared/lang/go-json-error'
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
    // What begins like JSON is taken for it.
    patch = text.trimStart().startsWith('{') ? JSON.parse(text) : parseYaml(text)
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw refuse(`invalid templatePatch ${JSON.stringify(text)}: ${jsonSyntaxError(text)}`)
    }
    const why = (error instanceof Error ? error.message : String(error)).replace('error converting YAML to JSON: ', '')
    throw refuse(`error while converting template to json ${JSON.stringify(text)}: ${why}`)
  }
  if (patch === null || patch === undefined) return application
  if (!isMap(patch)) {
    const why = wrongType(patch, 'value of type v1alpha1.Application')
    throw refuse(`invalid templatePatch ${JSON.stringify(goJson(patch))}: ${why}`)
  }
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
