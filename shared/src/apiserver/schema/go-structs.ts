import structsJson from './builtin/go-structs.json' with { type: 'json' }

/** A field of a Go struct behind the API: what OpenAPI does not tell of it. */
export interface GoField {
  /** As Go calls it: `DNSPolicy`. */
  readonly go: string
  /** As JSON calls it: `dnsPolicy`. */
  readonly json: string
  /** `string`, `bool`, `number`, `quantity`, `intOrString`, `time`, `bytes`, `raw`, `[]…`, `{}…`, or `#struct`. */
  readonly code: string
  /** Written even if it holds its zero value. */
  readonly always: boolean
  /** A struct that is left out when nothing is in it. */
  readonly omitsZeroStruct: boolean
  readonly pointer: boolean
}

const texts = structsJson as unknown as Readonly<Record<string, readonly string[]>>
const prefixes = /^io\.k8s\.(api|apimachinery\.pkg\.apis|apiextensions-apiserver\.pkg\.apis)\./

function readField(text: string): GoField {
  const [name = '', code = '', flags = ''] = text.split(' ')
  const [go = '', json] = name.split('=')
  return {
    go,
    json: json ?? go.slice(0, 1).toLowerCase() + go.slice(1),
    code,
    always: flags.includes('!'),
    omitsZeroStruct: flags.includes('0'),
    pointer: flags.includes('*'),
  }
}

/** Fields in the order of the struct, by the name of its OpenAPI definition or by its short one (`core.v1.Pod`). */
export function goFields(struct: string): readonly GoField[] {
  return (texts[struct.replace(prefixes, '')] ?? []).map(readField)
}

/** Whether Go's encoder leaves the field out when it holds its zero value. */
export function omitsZero(field: GoField): boolean {
  if (field.always || field.pointer) return false
  // Object metadata inside other objects is left out when it is empty; other structs are always written.
  if (field.code.startsWith('#')) return field.omitsZeroStruct || field.code === '#meta.v1.ObjectMeta'
  return field.code !== 'intOrString' && field.code !== 'quantity' && field.code !== 'raw'
}

/** What Go's encoder writes where nothing stands: `null` for times that are no pointers, and for lists, maps and pointers always written. */
export function writtenWhenAbsent(field: GoField): 'zero' | 'null' | 'nothing' {
  if (field.code === 'time') return field.pointer || field.omitsZeroStruct ? 'nothing' : 'null'
  if (!field.always) return 'nothing'
  return field.pointer || field.code.startsWith('[]') || field.code.startsWith('{}') ? 'null' : 'zero'
}
