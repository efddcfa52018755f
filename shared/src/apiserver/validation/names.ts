/** What is wrong with a name, worded as Kubernetes words it; empty: nothing. */
export type NameRule = (name: string) => readonly string[]

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?'
const subdomain = `${label1123}(\\.${label1123})*`
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const labelText = `(${qualified})?`
const configKeyText = '[-._a-zA-Z0-9]+'

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`)
}

/** The sentence that explains a pattern, with examples. */
export function patternMessage(message: string, pattern: string, ...examples: readonly string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`
  const list = examples.map((example) => `'${example}', `).join(' or ')
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`
}

/** The complaint about a text that is too long. */
export function lengthMessage(limit: number, unit: 'characters' | 'bytes' = 'characters'): string {
  return `must be no more than ${limit} ${unit}`
}

function rule(limit: number, pattern: string, message: string, unit: 'characters' | 'bytes' = 'characters'): NameRule {
  const expression = whole(pattern)
  return (name) => [
    ...(name.length > limit ? [lengthMessage(limit, unit)] : []),
    ...(expression.test(name) ? [] : [message]),
  ]
}

const plainLabel: NameRule = rule(
  63,
  label1123,
  patternMessage(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    label1123,
    'my-name',
    '123-abc',
  ),
)

/** A label of RFC 1123: `my-name`. */
export const dnsLabel: NameRule = (name) =>
  plainLabel(name).map((message) =>
    // Of a name that would do but for its dots, the dots are all that is said.
    message !== lengthMessage(63) && whole(subdomain).test(name) && name.includes('.')
      ? 'must not contain dots'
      : message,
  )

/** A label of RFC 1035, which begins with a letter. */
export const dns1035Label: NameRule = rule(
  63,
  label1035,
  patternMessage(
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    label1035,
    'my-name',
    'abc-123',
  ),
)

/** A subdomain of RFC 1123: `example.com`. */
export const dnsSubdomain: NameRule = rule(
  253,
  subdomain,
  patternMessage(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    subdomain,
    'example.com',
  ),
)

/** The domain before the name of a label: its length is counted in bytes. */
const keyPrefix: NameRule = (prefix) =>
  dnsSubdomain(prefix).map((message) => (message === lengthMessage(253) ? lengthMessage(253, 'bytes') : message))

/** A subdomain whose first label may be `*`. */
export const wildcardSubdomain: NameRule = rule(
  253,
  `\\*\\.${subdomain}`,
  patternMessage(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    `\\*\\.${subdomain}`,
    '*.example.com',
  ),
)

/** The value of a label. */
export const labelValue: NameRule = rule(
  63,
  labelText,
  patternMessage(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    labelText,
    'MyValue',
    'my_value',
    '12345',
  ),
  'bytes',
)

/** A key of a ConfigMap or Secret, which becomes a file name. */
export const configMapKey: NameRule = (key) => {
  const messages: string[] = []
  if (key.length > 253) messages.push(lengthMessage(253))
  if (!whole(configKeyText).test(key)) {
    messages.push(
      patternMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configKeyText,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    )
  }
  if (key === '.') messages.push("must not be '.'")
  if (key === '..') messages.push("must not be '..'")
  else if (key.startsWith('..')) messages.push("must not start with '..'")
  return messages
}

/** A name that may stand in a path of the API, as of Roles. */
export const pathSegment: NameRule = (name) => {
  if (name === '.') return ["may not be '.'"]
  if (name === '..') return ["may not be '..'"]
  return ['/', '%'].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`)
}

/** The name of an environment variable. */
export const envVarName: NameRule = (name) =>
  /^[ -<>-~]+$/.test(name)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]

const namePart = patternMessage(
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  qualified,
  'MyName',
  'my.name',
  '123-abc',
)

/** A name with an optional domain before it, as keys of labels and names of resources: `example.com/name`. */
export const qualifiedName: NameRule = (value) => {
  const parts = value.split('/')
  if (parts.length > 2) {
    const head =
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    return [
      `${patternMessage(head, qualified, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const messages: string[] = []
  if (parts.length === 2) {
    const prefix = parts[0] ?? ''
    if (prefix === '') messages.push('prefix part must be non-empty')
    else messages.push(...keyPrefix(prefix).map((message) => `prefix part ${message}`))
  }
  const name = parts.at(-1) ?? ''
  if (name === '') messages.push('name part must be non-empty')
  else if (name.length > 63) messages.push(`name part ${lengthMessage(63, 'bytes')}`)
  if (!whole(qualified).test(name)) messages.push(namePart)
  return messages
}

/** The name of a port: `http`, `metrics-2`. */
export const portName: NameRule = (name) => {
  const messages: string[] = []
  if (name.length > 15) messages.push(lengthMessage(15))
  if (!/^[-a-z0-9]+$/.test(name))
    messages.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(name)) messages.push('must contain at least one letter (a-z)')
  if (name.includes('--')) messages.push('must not contain consecutive hyphens')
  if (name.startsWith('-') || name.endsWith('-')) messages.push('must not begin or end with a hyphen')
  return messages
}

const ipMessage = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

/** An IP address of either family. */
export const ipAddress: NameRule = (value) => (isIpv4(value) || isIpv6(value) ? [] : [ipMessage])

/** Whether a text is an IPv4 address without leading zeros. */
export function isIpv4(value: string): boolean {
  const parts = value.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
}

/** Whether a text is an IPv6 address. */
export function isIpv6(value: string): boolean {
  return value.includes(':') && URL.canParse(`http://[${value}]/`)
}

/** A port number between 1 and 65535. */
export function portNumber(value: number): readonly string[] {
  return value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive']
}

/** Digits and a percent sign. */
export const percentage: NameRule = (value) =>
  /^[0-9]+%$/.test(value)
    ? []
    : [
        patternMessage(
          "a valid percent string must be a numeric string followed by an ending '%'",
          '[0-9]+%',
          '1%',
          '93%',
        ),
      ]

/** The name of an HTTP header: `X-Request-Id`. */
export const httpHeaderName: NameRule = (value) =>
  /^[-A-Za-z0-9]+$/.test(value)
    ? []
    : [
        patternMessage(
          "a valid HTTP header must consist of alphanumeric characters or '-'",
          '[-A-Za-z0-9]+',
          'X-Header-Name',
        ),
      ]

const underscored = '[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?'
const underscoredSubdomain = `${underscored}(\\.${underscored})*`

/** A subdomain in which underscores may stand, as names of services that DNS answers for have them. */
export const dnsSubdomainWithUnderscore: NameRule = rule(
  253,
  underscoredSubdomain,
  patternMessage(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    underscoredSubdomain,
    'example.com',
  ),
)

/** A range of addresses: `10.0.0.0/8`, `2001:db8::/64`. */
export const cidr: NameRule = (value) => {
  const [address = '', size = '', ...more] = value.split('/')
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1
  const good = more.length === 0 && /^\d+$/.test(size) && Number(size) <= bits
  return good ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']
}

/** What is wrong with an address as one of a service: it must lead somewhere else. */
export const specialAddress: NameRule = (value) => {
  if (value === '0.0.0.0' || value === '::') return [`may not be unspecified (${value})`]
  const messages: string[] = []
  if (value.startsWith('127.') || value === '::1')
    messages.push('may not be in the loopback range (127.0.0.0/8, ::1/128)')
  if (value.startsWith('169.254.') || /^fe[89ab]/i.test(value))
    messages.push('may not be in the link-local range (169.254.0.0/16, fe80::/10)')
  if (value.startsWith('224.0.0.') || /^ff02:/i.test(value))
    messages.push('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)')
  return messages
}

function bitsOf(address: string): string {
  if (isIpv4(address))
    return address
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('')
  const host = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const [head = '', tail] = host.split('::')
  const [left, right] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')))
  const missing = 8 - (left?.length ?? 0) - (right?.length ?? 0)
  const groups =
    tail === undefined ? (left ?? []) : [...(left ?? []), ...Array<string>(missing).fill('0'), ...(right ?? [])]
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0')).join('')
}

/** Whether a range of addresses lies within another, and is smaller. */
export function cidrWithin(inner: string, outer: string): boolean {
  const [[innerAddress = '', innerSize], [outerAddress = '', outerSize]] = [inner.split('/'), outer.split('/')]
  const [a, b] = [bitsOf(innerAddress), bitsOf(outerAddress)]
  const size = Number(outerSize)
  return a.length === b.length && Number(innerSize) > size && a.slice(0, size) === b.slice(0, size)
}
