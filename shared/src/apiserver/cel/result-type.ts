import { dictionary } from '../../lang/dictionary.ts'
import { parseExpression, type Expr } from './syntax.ts'

const ofFunctions: Readonly<Record<string, readonly string[]>> = dictionary({
  bool: '_==_ _!=_ _<_ _<=_ _>_ _>=_ _&&_ _||_ !_ @in startsWith endsWith contains matches bool hasValue isSorted isURL isIP isCIDR isQuantity isLessThan isGreaterThan allowed sets.contains'.split(
    ' ',
  ),
  int: 'size indexOf lastIndexOf int compareTo sign asInteger'.split(' '),
  string: 'string lowerAscii upperAscii trim replace substring join format charAt reverse find getHost getScheme'.split(
    ' ',
  ),
})

const types = new Map(
  Object.entries(ofFunctions).flatMap(([type, names]) => names.map((name) => [name, type] as const)),
)

const constants: Readonly<Record<string, string>> = dictionary({
  boolValue: 'bool',
  bytesValue: 'bytes',
  doubleValue: 'double',
  int64Value: 'int',
  nullValue: 'null_type',
  stringValue: 'string',
  uint64Value: 'uint',
})

/** The type of what an expression gives, where that can be told without knowing its variables; else `dyn`. */
export function resultType(expression: string): string {
  const { expr } = parseExpression(expression)
  return expr ? typeOf(expr) : 'dyn'
}

function typeOf({ exprKind }: Expr): string {
  switch (exprKind.case) {
    case 'constExpr':
      return constants[exprKind.value.constantKind.case ?? ''] ?? 'dyn'
    case 'selectExpr':
      return exprKind.value.testOnly ? 'bool' : 'dyn'
    case 'listExpr':
      return 'list'
    case 'structExpr':
      return 'map'
    case 'comprehensionExpr': {
      const { accuInit } = exprKind.value
      return accuInit && typeOf(accuInit) === 'bool' ? 'bool' : 'dyn'
    }
    case 'callExpr': {
      const { function: name, args } = exprKind.value
      if (name === '_?_:_') return common(args.slice(1))
      return types.get(name) ?? (['_+_', '_-_', '_*_', '_/_', '_%_'].includes(name) ? common(args) : 'dyn')
    }
    default:
      return 'dyn'
  }
}

/** The one type that all have. */
function common(all: readonly Expr[]): string {
  const [first = 'dyn', ...rest] = all.map(typeOf)
  return rest.every((type) => type === first) ? first : 'dyn'
}
