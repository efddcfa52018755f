import embeddedJson from './builtin/go-embedded.json' with { type: 'json' }
import namesJson from './builtin/go-names.json' with { type: 'json' }
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
  /** What Go calls its strings or numbers, where they have a type of their own: `v1.Protocol`. */
  readonly named: string | undefined
  /** The same of a map or a list as a whole: `v1.ResourceList`. */
  readonly namedWhole: string | undefined
  /** The structs that Go embeds to have the field: `RuleWithOperations.Rule`; its complaints name them. */
  readonly embedded: string | undefined
}

const texts = structsJson as unknown as Readonly<Record<string, readonly string[]>>
/** Names of types by field, `core.v1.ServicePort.protocol`; those of maps and lists begin with `=`. */
const namesOf = Object.entries(namesJson as unknown as Readonly<Record<string, readonly string[]>>)
const pick = (whole: boolean): ReadonlyMap<string, string> =>
  new Map(
    namesOf
      .filter(([name]) => name.startsWith('=') === whole)
      .flatMap(([name, fields]) => fields.map((field) => [field, name.replace('=', '')] as const)),
  )
const elementNames = pick(false)
const wholeNames = pick(true)
const embeddings = new Map(
  Object.entries(embeddedJson as unknown as Readonly<Record<string, readonly string[]>>).flatMap(([name, fields]) =>
    fields.map((field) => [field, name] as const),
  ),
)
const prefixes = /^io\.k8s\.(api|apimachinery\.pkg\.apis|apiextensions-apiserver\.pkg\.apis)\./

function readField(struct: string, text: string): GoField {
  const [name = '', code = '', flags = ''] = text.split(' ')
  const [go = '', json] = name.split('=')
  const inJson = json ?? go.slice(0, 1).toLowerCase() + go.slice(1)
  return {
    go,
    json: inJson,
    code,
    always: flags.includes('!'),
    omitsZeroStruct: flags.includes('0'),
    pointer: flags.includes('*'),
    named: elementNames.get(`${struct}.${inJson}`),
    embedded: embeddings.get(`${struct}.${inJson}`),
    namedWhole: wholeNames.get(`${struct}.${inJson}`),
  }
}

/** Fields in the order of the struct, by the name of its OpenAPI definition or by its short one (`core.v1.Pod`). */
export function goFields(struct: string): readonly GoField[] {
  const short = struct.replace(prefixes, '')
  return (texts[short] ?? []).map((text) => readField(short, text))
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
