import { StatusError } from '../status-error.ts'

export interface Accepted {
  readonly form: 'plain' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly yaml: boolean
}

const available = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const forms = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'])

/** Chooses how to answer from an `Accept` header: the first media type that can be served. Throws a 406. */
export function negotiate(accept: string | undefined): Accepted {
  if (accept === undefined || accept.trim() === '') return { form: 'plain', yaml: false }
  let known = false
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim())
    const yaml = type === 'application/yaml'
    if (type !== 'application/json' && type !== '*/*' && !yaml) continue
    known = true
    const values = new Map(parameters.map((part) => part.split('=', 2) as [string, string]))
    const as = values.get('as')
    if (as === undefined) return { form: 'plain', yaml }
    if (
      forms.has(as) &&
      values.get('g') === 'meta.k8s.io' &&
      (values.get('v') === 'v1' || (as !== 'Table' && values.get('v') === 'v1'))
    )
      return { form: as as Accepted['form'], yaml }
  }
  if (known) throw new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${available}`)
  throw new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available}`, {})
}
