import { StatusError } from '../status-error.ts'

export interface Accepted {
  readonly form: 'plain' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** Of the form: `v1`, or `v1beta1` where an old client asks for it. */
  readonly version: string
  readonly yaml: boolean
}

/** One media type of an `Accept` header. */
export interface Clause {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

const available = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const streams = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
const forms = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'])
const plain: Accepted = { form: 'plain', version: 'v1', yaml: false }

/** The media types of an `Accept` header, the preferred first. */
export function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',').map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim())
    return { type, parameters: new Map(rest.map((part) => part.split('=', 2) as [string, string])) }
  })
  const quality = ({ parameters }: Clause): number => Number(parameters.get('q') ?? 1)
  return clauses.sort((a, b) => quality(b) - quality(a))
}

/** The 406 of media types that are known, but not in the form asked for. */
export function formNotAcceptable(): StatusError {
  return new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${available}`)
}

/** The 406 of media types that nobody serves. */
export function typeNotAcceptable(): StatusError {
  return new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available}`, {})
}

const served = new Set(['application/json', 'application/yaml', '*/*'])

/** The same for a watch, which is a stream of JSON. YAML is no stream: what is refused of it, is refused in YAML. */
export function negotiateWatch(accept: string | undefined): {
  readonly accepted: Accepted
  readonly refusal?: StatusError
} {
  try {
    const accepted = negotiate(accept)
    if (!accepted.yaml) return { accepted }
    const refusal = new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${streams}`)
    return { accepted, refusal }
  } catch (error) {
    if (!(error instanceof StatusError) || !error.message.startsWith('406')) throw error
    const text = `406: Not Acceptable\n\nAvailable representations: ${available}, ${streams}`
    throw new StatusError(406, 'NotAcceptable', text, {})
  }
}

/** Chooses how to answer from an `Accept` header: the first media type that can be served. Throws a 406. */
export function negotiate(accept: string | undefined): Accepted {
  if (accept === undefined || accept.trim() === '') return plain
  let known = false
  for (const { type, parameters } of parseAccept(accept)) {
    if (!served.has(type)) continue
    known = true
    const yaml = type === 'application/yaml'
    const as = parameters.get('as')
    const version = parameters.get('v') ?? ''
    if (as === undefined) return { ...plain, yaml }
    if (forms.has(as) && parameters.get('g') === 'meta.k8s.io' && /^v1(beta1)?$/.test(version))
      return { form: as as Accepted['form'], version, yaml }
  }
  throw known ? formNotAcceptable() : typeNotAcceptable()
}

/** Whether discovery is asked for in one document; otherwise how to write the plain one. Throws a 406. */
export function negotiateDiscovery(accept: string | undefined, aggregates: boolean): 'aggregated' | 'json' | 'yaml' {
  if (accept === undefined || accept.trim() === '') return 'json'
  let known = false
  for (const { type, parameters } of parseAccept(accept)) {
    if (!served.has(type)) continue
    known = true
    const as = parameters.get('as')
    if (as === undefined) return type === 'application/yaml' ? 'yaml' : 'json'
    const wanted = as === 'APIGroupDiscoveryList' && parameters.get('g') === 'apidiscovery.k8s.io'
    if (aggregates && wanted && parameters.get('v') === 'v2') return 'aggregated'
  }
  throw known ? formNotAcceptable() : typeNotAcceptable()
}
