import { quoteGo } from '../../validation/field-errors.ts'
import { fieldsList, fieldsOf, isFields, textOf, type Fields } from '../../validation/values.ts'

/** A file that a volume makes, and from what. */
interface File {
  readonly path: string
  readonly source: string
}

const shown = ({ path, source }: File): string => (source === '' ? quoteGo(path) : `${quoteGo(path)} (${source})`)
const within = (outer: string, inner: string): boolean => `${inner}/`.startsWith(`${outer}/`)

/** Files of a volume that hide each other. */
export function overlappingPaths(volumes: unknown): string[] {
  return fieldsList(volumes).flatMap((volume) => {
    const name = quoteGo(textOf(volume['name']))
    const { configMap, secret, projected } = volume
    return [
      ...ofItems(configMap, (source) => `volume ${name} (ConfigMap ${quoteGo(textOf(source['name']))})`),
      ...ofItems(secret, (source) => `volume ${name} (Secret ${quoteGo(textOf(source['secretName']))})`),
      ...ofItems(volume['downwardAPI'], () => `volume ${name} (DownwardAPI)`),
      ...(isFields(projected) ? ofProjected(projected, `volume ${name} (Projected)`) : []),
    ]
  })
}

function ofItems(source: unknown, describe: (source: Fields) => string): string[] {
  if (!isFields(source)) return []
  const before: File[] = []
  return collisions(filesOf(source, ''), before).map((text) => `${describe(source)}: overlapping paths: ${text}`)
}

function ofProjected(projected: Fields, volume: string): string[] {
  const before: File[] = []
  return fieldsList(projected['sources']).flatMap((source) =>
    Object.values(source).every((part) => !isFields(part))
      ? [`${volume} has no sources provided`]
      : collisions(filesOfSource(source), before).map((text) => `${volume}: overlapping paths: ${text}`),
  )
}

const filesOf = (source: Fields, name: string): readonly File[] =>
  fieldsList(source['items']).map((item) => ({ path: textOf(item['path']), source: name }))

function filesOfSource(source: Fields): readonly File[] {
  const { configMap, secret, serviceAccountToken: token, clusterTrustBundle: bundle } = source
  if (isFields(configMap)) return filesOf(configMap, `ConfigMap ${quoteGo(textOf(configMap['name']))}`)
  if (isFields(secret)) return filesOf(secret, `Secret ${quoteGo(textOf(secret['name']))}`)
  if (isFields(source['downwardAPI'])) return filesOf(source['downwardAPI'], 'DownwardAPI')
  if (isFields(token)) return [{ path: textOf(token['path']), source: 'ServiceAccountToken' }]
  if (isFields(bundle)) {
    const name = textOf(bundle['name'] ?? bundle['signerName'])
    return [{ path: textOf(bundle['path']), source: `ClusterTrustBundle ${quoteGo(name)}` }]
  }
  const certificate = fieldsOf(source['podCertificate'])
  return (
    [
      ['certificateChainPath', 'chain'],
      ['keyPath', 'key'],
      ['credentialBundlePath', 'credential bundle'],
    ] as const
  ).flatMap(([field, name]) =>
    textOf(certificate[field]) === '' ? [] : [{ path: textOf(certificate[field]), source: `PodCertificate ${name}` }],
  )
}

/** Tells which files collide with earlier ones, and remembers them. */
function collisions(files: readonly File[], before: File[]): string[] {
  return files.flatMap((given) => {
    const file = { ...given, path: given.path.replace(/\/+$/, '') }
    const hit = before.filter(
      ({ path }) => file.path !== '' && path !== '' && (within(path, file.path) || within(file.path, path)),
    )
    before.push(file)
    return hit.map((other) => `${shown(file)} with ${shown(other)}`)
  })
}
