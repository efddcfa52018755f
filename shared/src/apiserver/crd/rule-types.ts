import { dictionary } from '../../lang/dictionary.ts'
import { parseExpression, type Expr } from '../cel/syntax.ts'
import { complain } from '../cel/complaint.ts'
import { fieldsOf, isFields, textOf, type Fields } from '../validation/values.ts'

const scalars: Readonly<Record<string, string>> = dictionary({
  string: 'string',
  integer: 'int',
  number: 'double',
  boolean: 'bool',
})
const constants: Readonly<Record<string, string>> = dictionary({
  stringValue: 'string',
  int64Value: 'int',
  doubleValue: 'double',
  boolValue: 'bool',
})
const compared = new Set(['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'])
const numbers = new Set(['int', 'double', 'uint'])

/** The type of a plain value; undefined for all whose type says more, or nothing. */
function scalarOf(schema: Fields | undefined): string | undefined {
  if (!schema || isFields(schema['format']) || textOf(schema['format']) !== '') return undefined
  return schema['x-kubernetes-int-or-string'] === true || schema['nullable'] === true
    ? undefined
    : scalars[textOf(schema['type'])]
}

/**
 * What a compiler that knows the schema says of a rule, as far as it is certain here: fields that are not there, fields of
 * plain values, comparisons of values that never compare, and what is no condition. Undefined: nothing.
 */
export function typeComplaint(expression: string, schema: Fields, root: boolean): string | undefined {
  const parsed = parseExpression(expression)
  const found: { readonly position: number; readonly why: string }[] = []
  const positionOf = (expr: Expr): number => parsed.sourceInfo?.positions[String(expr.id)] ?? 0

  const schemaOf = (expr: Expr | undefined): Fields | undefined => {
    if (expr?.exprKind.case === 'identExpr') return expr.exprKind.value.name === 'self' ? schema : undefined
    if (expr?.exprKind.case !== 'selectExpr' || expr.exprKind.value.testOnly) return undefined
    const { operand, field } = expr.exprKind.value
    const of = schemaOf(operand)
    if (!of) return undefined
    const scalar = scalarOf(of)
    if (scalar !== undefined) {
      found.push({ position: positionOf(expr), why: `type '${scalar}' does not support field selection` })
      return undefined
    }
    const inner = fieldsOf(of['properties'])[field]
    if (isFields(inner)) return inner
    if (isClosed(of, of === schema && root) && !field.includes('__'))
      found.push({ position: positionOf(expr), why: `undefined field '${field}'` })
    return undefined
  }
  const typeOf = (expr: Expr | undefined): string | undefined =>
    expr?.exprKind.case === 'constExpr'
      ? constants[expr.exprKind.value.constantKind.case ?? '']
      : scalarOf(schemaOf(expr))

  const visit = (expr: Expr | undefined): void => {
    if (expr?.exprKind.case === 'selectExpr') {
      schemaOf(expr)
      return
    }
    if (expr?.exprKind.case !== 'callExpr') return
    const { function: name, args, target } = expr.exprKind.value
    if (!compared.has(name)) {
      visit(target)
      return args.forEach(visit)
    }
    const before = found.length
    const [left, right] = args.map((arg) => typeOf(arg) ?? (visit(arg), undefined))
    if (found.length > before || left === undefined || right === undefined) return
    if (left === right || (numbers.has(left) && numbers.has(right))) return
    const start = positionOf(expr)
    const position = start + (/^\s*/.exec(expression.slice(start))?.[0].length ?? 0)
    found.push({ position, why: `found no matching overload for '${name}' applied to '(${left}, ${right})'` })
  }
  visit(parsed.expr)
  // A field may have been looked at more than once.
  const complaints = [...new Set(found.map(({ position, why }) => complain(expression, position, why)))]
  if (complaints.length > 0) return `compilation failed: ${complaints.join('\n')}`
  const whole = typeOf(parsed.expr)
  return whole === undefined || whole === 'bool' ? undefined : 'cel expression must evaluate to a bool'
}

/** An object whose fields are all declared. */
function isClosed(schema: Fields, root: boolean): boolean {
  return (
    !root &&
    schema['type'] === 'object' &&
    isFields(schema['properties']) &&
    schema['additionalProperties'] === undefined &&
    schema['x-kubernetes-preserve-unknown-fields'] !== true &&
    schema['x-kubernetes-embedded-resource'] !== true
  )
}
