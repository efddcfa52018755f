import type { KustomizeSource } from '@flotilla/shared/argo/application'
import { isObject, type JsonObject } from '@flotilla/shared/lang/json'
import { substitute, type BuildEnvironment } from './environment.ts'
import { RenderError } from './render.ts'

/** A kustomization with the options of a source put into it, as `kustomize edit` would. */
export function editKustomization(
  original: JsonObject,
  options: KustomizeSource,
  environment: BuildEnvironment,
): JsonObject {
  const file: JsonObject = { ...original }
  if (options.namePrefix) file['namePrefix'] = options.namePrefix
  if (options.nameSuffix) file['nameSuffix'] = options.nameSuffix
  for (const text of options.images ?? []) {
    const image = parseImage(substitute(text, environment))
    if (image.newName === undefined && image.newTag === undefined && image.digest === undefined && !text.includes('='))
      throw new RenderError(
        `\`kustomize edit set image ${text}\` failed exit status 1: Error: invalid format of image, use one of the following options:\n${imageForms}`,
      )
    setImage(file, image)
  }
  for (const { name, count } of options.replicas ?? []) setReplicas(file, name, count)
  if (options.commonLabels) addLabels(file, options, environment)
  if (options.commonAnnotations) addAnnotations(file, options, environment)
  if (options.namespace) file['namespace'] = options.namespace
  if (options.components?.length) file['components'] = [...listOf(file['components']), ...options.components]
  if (options.patches?.length) file['patches'] = [...listOf(file['patches']), ...options.patches]
  return file
}

const imageForms = [
  '<image>=<newimage>:<newtag>',
  '<image>=<newimage>@<digest>',
  '<image>=<newimage>:<newtag>@<digest>',
  '<image>=<newimage>',
  '<image>:<newtag>',
  '<image>:<newtag>@<digest>',
  '<image>@<digest>',
]
  .map((form) => `- ${form}`)
  .join('\n')

interface Image {
  readonly name: string
  readonly newName?: string
  readonly newTag?: string
  readonly digest?: string
}

/** `[old=]image[:tag][@digest]`; without `old=` the name stays. */
export function parseImage(text: string): Image {
  const equals = text.indexOf('=')
  const target = equals < 0 ? text : text.slice(equals + 1)
  const at = target.indexOf('@')
  const beforeDigest = at < 0 ? target : target.slice(0, at)
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1)
  const newName = colon < 0 ? beforeDigest : beforeDigest.slice(0, colon)
  const name = equals < 0 ? newName : text.slice(0, equals)
  return {
    name,
    ...(newName !== name && newName !== '*' ? { newName } : {}),
    ...(colon >= 0 && beforeDigest.slice(colon + 1) !== '*' ? { newTag: beforeDigest.slice(colon + 1) } : {}),
    ...(at >= 0 ? { digest: target.slice(at + 1) } : {}),
  }
}

function setImage(file: JsonObject, image: Image): void {
  const images = listOf(file['images']).filter(isObject)
  const before = images.find((each) => each['name'] === image.name)
  const kept = before && image.newName === undefined && before['newName'] ? { newName: before['newName'] } : {}
  file['images'] = [...images.filter((each) => each !== before), { ...kept, ...image }]
}

function setReplicas(file: JsonObject, name: unknown, count: unknown): void {
  const number = typeof count === 'string' ? Number(count) : count
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw new RenderError(`expected integer value for count. Received: ${String(count)}`)
  const others = listOf(file['replicas']).filter((each) => !isObject(each) || each['name'] !== name)
  file['replicas'] = [...others, { name, count: number }]
}

function addLabels(file: JsonObject, options: KustomizeSource, environment: BuildEnvironment): void {
  const wanted = expand(options.commonLabels ?? {}, environment, true)
  if (Object.keys(wanted).length === 0) return
  if (options.labelWithoutSelector || options.labelIncludeTemplates) {
    const entry = { pairs: wanted, ...(options.labelIncludeTemplates ? { includeTemplates: true } : {}) }
    file['labels'] = [...listOf(file['labels']), entry]
    return
  }
  file['commonLabels'] = add('label', file['commonLabels'], wanted, options.forceCommonLabels ?? false)
}

function addAnnotations(file: JsonObject, options: KustomizeSource, environment: BuildEnvironment): void {
  const wanted = expand(options.commonAnnotations ?? {}, environment, options.commonAnnotationsEnvsubst ?? false)
  if (Object.keys(wanted).length === 0) return
  file['commonAnnotations'] = add(
    'annotation',
    file['commonAnnotations'],
    wanted,
    options.forceCommonAnnotations ?? false,
  )
}

function add(what: string, present: unknown, wanted: Readonly<Record<string, string>>, force: boolean): JsonObject {
  const map = isObject(present) ? present : {}
  const taken = Object.keys(wanted).find((key) => key in map)
  if (taken !== undefined && !force)
    throw new RenderError(
      `\`kustomize edit add ${what} ${Object.entries(wanted)
        .map(([key, value]) => `${key}:${value}`)
        .join(
          ' ',
        )}\` failed exit status 1: Error: ${what} ${taken} already in kustomization file. Use --force to override.`,
    )
  return { ...map, ...wanted }
}

function expand(
  map: Readonly<Record<string, string>>,
  environment: BuildEnvironment,
  active: boolean,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [key, active ? substitute(value, environment) : value]),
  )
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
