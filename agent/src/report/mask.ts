const MASK = '++++++++'

/**
 * The last look at what leaves the cluster: values of Secrets are masked wherever they stand, in objects, in objects
 * written as JSON text, in annotations that repeat an object. What is masked already stays as it is.
 */
export function maskSecrets(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item))
  const record = value as Readonly<Record<string, unknown>>
  const secret = record['kind'] === 'Secret' && record['apiVersion'] === 'v1'
  return Object.fromEntries(
    Object.entries(record).map(([key, item]) => [
      key,
      secret && (key === 'data' || key === 'stringData') ? maskValues(item) : maskSecrets(item),
    ]),
  )
}

function maskText(text: string): string {
  if (!text.includes('Secret') || !/^\s*[[{]/.test(text)) return text
  try {
    return JSON.stringify(maskSecrets(JSON.parse(text)))
  } catch {
    return text
  }
}

function maskValues(values: unknown): unknown {
  if (values === null || typeof values !== 'object') return values
  return Object.fromEntries(
    Object.entries(values).map(([key, item]) => [key, typeof item === 'string' && /^\++$/.test(item) ? item : MASK]),
  )
}
