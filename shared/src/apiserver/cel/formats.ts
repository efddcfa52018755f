import { CelScalar, celFunc, celMethod, isCelMap, type CelFunc, type CelInput } from '@bufbuild/cel'
import { dictionary } from '../../lang/dictionary.ts'
import { dns1035Label, dnsLabel, dnsSubdomain, labelValue, qualifiedName, type NameRule } from '../validation/names.ts'
import { nothing, some } from './optional.ts'

const { DYN, STRING } = CelScalar
const key = '@format'

/** A name's beginning may end with a dash: a suffix will follow. */
const prefix =
  (rule: NameRule): NameRule =>
  (text) =>
    rule(text.replace(/-$/, 'a'))

const matching =
  (pattern: RegExp, why: string): NameRule =>
  (text) =>
    pattern.test(text) ? [] : [why]

/** Formats of strings, by the names that expressions give them. */
const rules: Readonly<Record<string, NameRule>> = dictionary({
  dns1123Label: dnsLabel,
  dns1123Subdomain: dnsSubdomain,
  dns1035Label,
  qualifiedName,
  labelValue,
  dns1123LabelPrefix: prefix(dnsLabel),
  dns1123SubdomainPrefix: prefix(dnsSubdomain),
  dns1035LabelPrefix: prefix(dns1035Label),
  uuid: matching(/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'does not match the UUID format'),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64'),
  date: matching(/^\d{4}-\d\d-\d\d$/, 'invalid date'),
  datetime: matching(/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/, 'invalid datetime'),
})

function ruleOf(value: unknown): NameRule {
  const name = isCelMap(value) ? value.get(key) : undefined
  const rule = typeof name === 'string' ? rules[name] : undefined
  if (!rule) throw new Error('no such overload')
  return rule
}

const formatNamed = (name: string): CelInput => new Map([[key, name]])

/** `format.dns1123Label().validate(text)`: nothing, or what is wrong with the text. */
export const formats: CelFunc[] = [
  ...Object.keys(rules).map((name) => celFunc(`format.${name}`, [], DYN, () => formatNamed(name))),
  celFunc('format.named', [STRING], DYN, (name) => (rules[name] ? some(formatNamed(name)) : nothing())),
  celMethod('validate', DYN, [STRING], DYN, function validate(this: unknown, text): CelInput {
    const problems = ruleOf(this)(text)
    return problems.length === 0 ? nothing() : some([...problems])
  }),
]
