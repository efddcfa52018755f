import type { IncomingMessage, ServerResponse } from 'node:http'
import { dictionary } from '../../lang/dictionary.ts'
import type { ApiServerOptions, RequestInfo } from '../api-server.ts'
import type { DetailedObjects, DetailedOptions } from '../create-objects.ts'
import { deleteAnswer } from '../delete.ts'
import { badRequest, invalid, methodNotAllowed, noSuchResource, notFound } from '../errors.ts'
import type { Machine } from '../hooks.ts'
import type { KubeObject } from '../../k8s/object.ts'
import type { JsonObject } from '../../lang/json.ts'
import { duplicateFields } from '../../k8s/duplicate-fields.ts'
import { surplusOf } from './surplus.ts'
import { isObject } from '../../lang/json.ts'
import type { Stored } from '../object-store.ts'
import type { DeleteOptions, ObjectRef, PatchType, WriteOptions } from '../objects.ts'
import type { Resource } from '../resource.ts'
import { ownGroup, resourceName } from '../resource.ts'
import { StatusError } from '../status-error.ts'
import type { FieldError } from '../strategy.ts'
import { textOf as stringOf } from '../validation/values.ts'
import { fromStored, textOf } from '../write.ts'
import { goJsonError, parseObjectBody, readBody, requireKind } from './body.ts'
import { admitConnect } from './admit-connect.ts'
import type { Answer } from './answer.ts'
import { isPretty } from './answer.ts'
import { integer, itemsOf, listPage } from './list.ts'
import { listText } from './list-text.ts'
import { managerMistakes } from './manager-name.ts'
import { negotiate, negotiateWatch } from './negotiate.ts'
import { warn } from './warning-headers.ts'
import type { ApiPath } from './path.ts'
import type { PresentOptions } from './present.ts'
import { presentList, presentObject } from './present.ts'
import { watchStream } from './watch.ts'
import { YamlBodyError, readYamlBody, type YamlBody } from './yaml-body.ts'

interface Call {
  readonly machine: Machine
  readonly objects: DetailedObjects
  readonly options: ApiServerOptions
  readonly info: RequestInfo
  readonly path: ApiPath
  readonly url: URL
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/** Answers a request for a resource. */
export async function serveResource(call: Call): Promise<Answer> {
  const { machine, path, request, url } = call
  const resource = machine.resources.get(path.group, path.version, path.resource)
  if (!resource || !fitsScope(resource, call)) {
    if (ownGroup(machine.resources, path.group)) throw noSuchResource()
    return { code: 404, body: undefined, text: '404 page not found\n' }
  }
  const sub =
    path.subresource === undefined
      ? undefined
      : resource.subresources.find((candidate) => candidate.name === path.subresource)
  if (path.subresource !== undefined && !sub)
    throw resource.custom ? notFound(resource, path.name ?? '') : noSuchResource()
  if (sub && call.options.connect) await admitConnect(machine, call.info, resource, sub, url.searchParams)
  if (sub && call.options.connect && (await call.options.connect(call.info, request, call.response)))
    return { code: 200, body: undefined, done: true }
  const verb = request.method === 'HEAD' ? 'head' : call.info.verb
  if (!(sub ? sub.verbs : resource.verbs).includes(verb)) throw methodNotAllowed()
  if (path.name === undefined && (verb === 'update' || verb === 'patch')) throw methodNotAllowed()
  if (path.name !== undefined && verb === 'create' && !sub) throw methodNotAllowed()
  const everywhere = resource.namespaced && path.namespace === ''
  if (everywhere && (verb === 'create' || verb === 'deletecollection')) throw methodNotAllowed()
  const { accepted, refusal } =
    verb === 'watch' || verb === 'list'
      ? negotiateWatch(request.headers.accept)
      : { accepted: negotiate(request.headers.accept) }
  if (refusal && verb === 'watch') return { code: refusal.status.code ?? 406, body: refusal.status, yaml: true }
  const present: PresentOptions = {
    accepted,
    includeObject: url.searchParams.get('includeObject') ?? undefined,
    now: machine.clock.now(),
  }
  const answer = await dispatch(call, resource, verb, present)
  return { ...answer, yaml: accepted.yaml }
}

/** Whether the path names a namespace as the kind wants: of all namespaces only lists and watches are served. */
function fitsScope(resource: Resource, { path, info }: Call): boolean {
  if (!resource.namespaced) return path.namespace === ''
  if (path.namespace !== '') return true
  if (path.name !== undefined) return resource.virtual === true
  return !resource.custom || info.verb === 'list' || info.verb === 'watch'
}

async function dispatch(call: Call, resource: Resource, verb: string, present: PresentOptions): Promise<Answer> {
  const { path, response } = call
  const ref: ObjectRef = {
    group: path.group,
    version: path.version,
    resource: path.resource,
    namespace: path.namespace,
    name: path.name ?? '',
  }
  const warnings: string[] = resource.deprecation === undefined ? [] : [resource.deprecation]
  try {
    return await carryOut(call, resource, verb, ref, present, warnings)
  } catch (error) {
    // What was warned of is told with a refusal, too.
    if (!response.headersSent) warn(response, warnings)
    throw error
  }
}

async function carryOut(
  call: Call,
  resource: Resource,
  verb: string,
  ref: ObjectRef,
  present: PresentOptions,
  warnings: string[],
): Promise<Answer> {
  const { machine, objects, path, url, response } = call
  const query = url.searchParams
  switch (verb) {
    case 'get': {
      // Only the old path of watches follows a single object.
      if (path.watch && path.subresource === undefined) {
        query.set('fieldSelector', `metadata.name=${ref.name}`)
        await watchStream(machine, resource, path.namespace, query, present, response)
        return { code: 200, body: undefined, done: true }
      }
      if (path.subresource === 'scale')
        return { code: 200, body: await objects.getSubresource(ref, path.subresource), warnings }
      const stored = await objects.getStored(ref)
      return shown(call, resource, 200, { object: fromStored(resource, stored), stored }, present, warnings)
    }
    case 'list': {
      const page = await listPage(machine, resource, path.namespace, query)
      integer(query, 'timeoutSeconds')
      if (asKept(call, resource, present))
        return { code: 200, body: undefined, pieces: listText(resource, page.kept, page.metadata), warnings }
      return { code: 200, body: presentList(resource, itemsOf(resource, page), page.metadata, present), warnings }
    }
    case 'watch':
      warn(response, warnings)
      await watchStream(machine, resource, path.namespace, query, present, response)
      return { code: 200, body: undefined, done: true }
    case 'create':
      return create(call, resource, ref, present, warnings)
    case 'update': {
      const options = writeOptions(call, 'UpdateOptions')
      const { body, ...told } = await objectBody(call, resource)
      const written = await objects.updateDetailed(ref, body, { ...options, ...told }, warnings)
      return shown(call, resource, written.created ? 201 : 200, written, present, warnings)
    }
    case 'patch':
      return patch(call, resource, ref, present, warnings)
    case 'delete': {
      const options = await deleteOptions(call)
      const deleted = await objects.deleteDetailed(ref, options, warnings)
      const answer = deleteAnswer(resource, deleted)
      return {
        code: 200,
        body: answer.kind === 'Status' ? answer : presentObject(resource, answer as KubeObject, present),
        warnings,
      }
    }
    case 'deletecollection': {
      const options = await deleteOptions(call)
      const page = await listPage(machine, resource, path.namespace, query)
      const items = itemsOf(resource, page)
      for (const item of items) {
        try {
          await objects.deleteDetailed(
            { ...ref, namespace: item.metadata.namespace ?? '', name: item.metadata.name ?? '' },
            options,
            warnings,
          )
        } catch (error) {
          if (!(error instanceof StatusError) || error.code !== 404) throw error
        }
      }
      return { code: 200, body: presentList(resource, items, page.metadata, present), warnings }
    }
    default:
      throw methodNotAllowed()
  }
}

/** Whether objects are sent as they are kept: nobody has to read them to that end. */
function asKept({ url }: Call, resource: Resource, { accepted }: PresentOptions): boolean {
  return accepted.form === 'plain' && !accepted.yaml && !resource.fromStorage && !isPretty(url.searchParams)
}

/** An object in the form that was asked for. */
function shown(
  call: Call,
  resource: Resource,
  code: number,
  { object, stored }: { readonly object: KubeObject; readonly stored?: Stored },
  present: PresentOptions,
  warnings: readonly string[],
): Answer {
  if (call.path.subresource === 'scale') return { code, body: object, warnings }
  if (stored && asKept(call, resource, present)) return { code, body: undefined, json: textOf(stored), warnings }
  return { code, body: presentObject(resource, object, present), warnings }
}

async function create(
  call: Call,
  resource: Resource,
  ref: ObjectRef,
  present: PresentOptions,
  warnings: string[],
): Promise<Answer> {
  const options = writeOptions(call, 'CreateOptions')
  const { body, ...told } = await objectBody(call, resource)
  const written = await call.objects.createDetailed(ref, body, { ...options, ...told }, warnings)
  const virtual = resource.virtual === true || call.path.subresource !== undefined
  if (virtual) return { code: 201, body: written.object, warnings }
  return shown(call, resource, 201, written, present, warnings)
}

async function objectBody(
  call: Call,
  resource: Resource,
): Promise<{ body: KubeObject } & Pick<DetailedOptions, 'duplicates' | 'surplus'>> {
  const text = await readBody(call.request)
  const kind =
    call.path.subresource === undefined
      ? resource.kind
      : (resource.subresources.find((sub) => sub.name === call.path.subresource)?.kind ?? resource.kind)
  const type = call.request.headers['content-type']
  const { body, duplicates } = parseObjectBody(text, type, kind)
  if (resource.custom && call.path.subresource !== 'scale') requireKind(body, text, kind)
  const told = { body: body as KubeObject, duplicates }
  return resource.custom ? told : { ...told, surplus: surplusOf(text, type, duplicates) }
}

const patchTypes: Readonly<Record<string, PatchType>> = dictionary({
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
})

async function patch(
  call: Call,
  resource: Resource,
  ref: ObjectRef,
  present: PresentOptions,
  warnings: string[],
): Promise<Answer> {
  const type = patchTypes[call.request.headers['content-type']?.split(';')[0]?.trim() ?? '']
  if (type === undefined || (type === 'strategic' && resource.custom)) throw unsupported(resource)
  const forceText = call.url.searchParams.get('force')
  const force = forceText !== null && !/^(false|0)$/i.test(forceText)
  const extra: FieldError[] = []
  if (type === 'apply' && !call.url.searchParams.get('fieldManager'))
    extra.push({
      reason: 'FieldValueRequired',
      field: 'fieldManager',
      message: 'Required value: is required for apply patch',
    })
  if (type !== 'apply' && forceText !== null)
    extra.push({
      reason: 'FieldValueForbidden',
      field: 'force',
      message: 'Forbidden: may not be specified for non-apply patch',
    })
  const options = writeOptions(call, 'PatchOptions', extra)
  const text = await readBody(call.request)
  const { value, duplicates } = patchBody(text, type)
  const patchOptions = { ...options, type, force, duplicates }
  const written = await call.objects.patchDetailed(ref, value, patchOptions, warnings)
  return shown(call, resource, written.created ? 201 : 200, written, present, warnings)
}

function unsupported(resource: Resource): StatusError {
  if (!resource.custom) return new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  const types = Object.keys(patchTypes).filter((type) => !type.includes('strategic'))
  return new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${types.join(', ')}`,
  )
}

const operationFields = new Set(['op', 'path', 'from', 'value'])

/** What a patch says twice, and what its operations say beyond what they can. */
function patchSurplus(text: string, value: unknown, type: PatchType): string[] {
  const head = type === 'json' ? 'json patch ' : ''
  const doubled = duplicateFields(text, value).map((path) => `${head}duplicate field "${path}"`)
  if (type !== 'json' || !Array.isArray(value)) return doubled
  const unknown = value.flatMap((operation: unknown, index) =>
    Object.keys(isObject(operation) ? operation : {})
      .filter((name) => !operationFields.has(name))
      .map((name) => `json patch unknown field "[${index}].${name}"`),
  )
  return [...doubled, ...unknown]
}

function patchBody(text: string, type: PatchType): YamlBody {
  try {
    if (type !== 'apply') {
      const value = JSON.parse(text) as unknown
      return { value, duplicates: patchSurplus(text, value, type) }
    }
    return text.trim() === '' ? { value: null, duplicates: [] } : readYamlBody(text)
  } catch (error) {
    if (error instanceof YamlBodyError)
      throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`)
    const why = goJsonError(text, error)
    throw badRequest(type === 'strategic' ? why : `error decoding patch: ${why}`)
  }
}

function writeOptions(call: Call, kind: string, extra: readonly FieldError[] = []): WriteOptions {
  const query = call.url.searchParams
  const errors: FieldError[] = []
  const dryRun = query.getAll('dryRun').filter((value) => value !== '')
  if (dryRun.some((value) => value !== 'All'))
    errors.push({
      reason: 'FieldValueNotSupported',
      field: 'dryRun',
      message: `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
    })
  errors.push(...extra)
  const manager = query.get('fieldManager') ?? ''
  errors.push(...managerMistakes(manager))
  const validation = query.get('fieldValidation') ?? ''
  if (!['', 'Ignore', 'Strict', 'Warn'].includes(validation))
    errors.push({
      reason: 'FieldValueNotSupported',
      field: 'fieldValidation',
      message: `Unsupported value: ${JSON.stringify(validation)}: supported values: "", "Ignore", "Strict", "Warn"`,
    })
  if (errors.length > 0) throw invalid(kind, 'meta.k8s.io', '', errors)
  return {
    actor: call.info.actor,
    fieldManager: manager === '' ? (call.info.userAgent.split('/')[0] ?? '') || 'unknown' : manager,
    dryRun: dryRun.length > 0,
    ...(call.path.subresource === undefined ? {} : { subresource: call.path.subresource }),
    ...(validation === '' ? {} : { fieldValidation: validation as 'Ignore' | 'Warn' | 'Strict' }),
  }
}

const policies = ['Foreground', 'Background', 'Orphan']

async function deleteOptions(call: Call): Promise<DeleteOptions> {
  const text = await readBody(call.request)
  const query = call.url.searchParams
  const body: JsonObject = text.trim() === '' ? {} : deleteBody(text, call.request.headers['content-type'])
  const propagation = body['propagationPolicy'] ?? query.get('propagationPolicy') ?? undefined
  const orphan =
    body['orphanDependents'] ??
    (query.get('orphanDependents') === null ? undefined : query.get('orphanDependents') === 'true')
  const grace = body['gracePeriodSeconds'] ?? integer(query, 'gracePeriodSeconds')
  const dryRun = [...(Array.isArray(body['dryRun']) ? (body['dryRun'] as unknown[]) : []), ...query.getAll('dryRun')]
  const errors: FieldError[] = []
  if (propagation !== undefined && orphan !== undefined)
    errors.push({
      reason: 'FieldValueInvalid',
      field: 'propagationPolicy',
      message: `Invalid value: ${JSON.stringify(propagation)}: orphanDependents and deletionPropagation cannot be both set`,
    })
  if (propagation !== undefined && !policies.some((policy) => policy === propagation))
    errors.push({
      reason: 'FieldValueNotSupported',
      field: 'propagationPolicy',
      message: `Unsupported value: ${JSON.stringify(propagation)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    })
  if (dryRun.some((value) => value !== 'All'))
    errors.push({
      reason: 'FieldValueNotSupported',
      field: 'dryRun',
      message: `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`,
    })
  if (errors.length > 0) throw invalid('DeleteOptions', 'meta.k8s.io', '', errors)
  const policy = (propagation ?? (orphan === undefined ? undefined : orphan === true ? 'Orphan' : 'Background')) as
    | DeleteOptions['propagationPolicy']
    | undefined
  return {
    actor: call.info.actor,
    dryRun: dryRun.length > 0,
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(isObject(body['preconditions']) ? { preconditions: body['preconditions'] } : {}),
  }
}

/** What nobody can read, or of a kind that is none, is said without more ado. */
function deleteBody(text: string, contentType: string | undefined): JsonObject {
  const { body } = parseObjectBody(text, contentType, '')
  const kind = stringOf(body['kind'])
  const apiVersion = stringOf(body['apiVersion'])
  if (kind !== '' && kind !== 'DeleteOptions')
    throw badRequest(
      `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/apis/meta/internalversion/scheme/register.go:27"`,
    )
  return body
}

export { resourceName }
