import { parse } from '@bufbuild/cel'

export type Parsed = ReturnType<typeof parse>
export type Expr = NonNullable<Parsed['expr']>
type Kind = Expr['exprKind']

/** What stands for `.?name` and `[?key]`, which the parser does not know. */
const selectPrefix = 'opt_select__'
const indexMark = 'opt_index__'

/** One piece of an expression's text. */
const token =
  /\/\/[^\n]*|[rR]?[bB]?(?:"""[^]*?"""|'''[^]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|[A-Za-z_]\w*|\s+|\.\?|[^]/g

/** Parses an expression of Kubernetes: with optional fields, `cel.bind`, `optMap`. Throws what the parser says. */
export function parseExpression(text: string): Parsed {
  const parsed = parse(rewrite(text))
  if (parsed.expr) parsed.expr = transform(parsed.expr)
  return parsed
}

/** Writes optional access in a way that the parser can read. */
function rewrite(text: string): string {
  if (!text.includes('?')) return text
  const out: string[] = []
  /** How each open bracket is to be closed. */
  const closers: string[] = []
  let operand = false
  const pieces = text.match(token) ?? []
  for (let index = 0; index < pieces.length; index += 1) {
    const piece = pieces[index] ?? ''
    if (piece === '.?') {
      out.push(`.${selectPrefix}`)
      continue
    }
    if (piece === '[' && pieces[index + 1] === '?' && operand) {
      out.push(`.${indexMark}(`)
      closers.push(')')
      index += 1
      operand = false
      continue
    }
    if ('([{'.includes(piece)) closers.push({ '(': ')', '[': ']', '{': '}' }[piece] ?? '')
    out.push(')]}'.includes(piece) ? (closers.pop() ?? piece) : piece)
    if (piece.trim() !== '' && !piece.startsWith('//')) operand = /[\w)\]}"']$/.test(piece)
  }
  return out.join('')
}

function node(id: bigint, kind: Kind): Expr {
  return { $typeName: 'cel.expr.Expr', id, exprKind: kind }
}

function call(id: bigint, name: string, args: Expr[], target?: Expr): Expr {
  const value = { $typeName: 'cel.expr.Expr.Call' as const, function: name, args, ...(target ? { target } : {}) }
  return node(id, { case: 'callExpr', value })
}

function text(id: bigint, value: string): Expr {
  const constant = { $typeName: 'cel.expr.Constant' as const, constantKind: { case: 'stringValue' as const, value } }
  return node(id, { case: 'constExpr', value: constant })
}

const makesOptional = new Set(['optSelect', 'optIndex', 'optMap@', 'or', 'of', 'none', 'ofNonZeroValue'])

function isOptional({ exprKind }: Expr): boolean {
  if (exprKind.case !== 'callExpr' || !makesOptional.has(exprKind.value.function)) return false
  const { function: name, target } = exprKind.value
  return !['of', 'none', 'ofNonZeroValue'].includes(name) || (target !== undefined && nameOf(target) === 'optional')
}

function nameOf({ exprKind }: Expr): string | undefined {
  return exprKind.case === 'identExpr' ? exprKind.value.name : undefined
}

/** The expression with what Kubernetes adds to the language in words that the planner knows. */
function transform(expr: Expr): Expr {
  const { id, exprKind } = expr
  switch (exprKind.case) {
    case 'selectExpr': {
      const { operand, field, testOnly } = exprKind.value
      if (!operand) return expr
      const inner = transform(operand)
      const optional = field.startsWith(selectPrefix)
      const name = optional ? field.slice(selectPrefix.length) : field
      if (optional || (isOptional(inner) && !testOnly)) return call(id, 'optSelect', [inner, text(id, name)])
      exprKind.value.operand = inner
      return expr
    }
    case 'callExpr':
      return transformCall(expr, exprKind.value)
    case 'listExpr':
      exprKind.value.elements = exprKind.value.elements.map(transform)
      return expr
    case 'structExpr':
      return transformStruct(expr, exprKind.value)
    case 'comprehensionExpr': {
      const loop = exprKind.value
      for (const part of ['iterRange', 'accuInit', 'loopCondition', 'loopStep', 'result'] as const) {
        const inner = loop[part]
        if (inner) loop[part] = transform(inner)
      }
      return expr
    }
    default:
      return expr
  }
}

type Struct = Extract<Kind, { case: 'structExpr' }>['value']

/** Objects to apply (`Object.spec{…}`) and operations of patches are maps to the planner. */
function transformStruct(expr: Expr, value: Struct): Expr {
  const plain = /^(Object(\.\w+)*|JSONPatch)$/.test(value.messageName)
  if (plain) value.messageName = ''
  for (const entry of value.entries) {
    if (entry.value) entry.value = transform(entry.value)
    if (entry.keyKind.case === 'mapKey') entry.keyKind.value = transform(entry.keyKind.value)
    else if (entry.keyKind.case === 'fieldKey' && plain)
      entry.keyKind = { case: 'mapKey', value: text(entry.id, entry.keyKind.value) }
  }
  return expr
}

type Call = Extract<Kind, { case: 'callExpr' }>['value']

function transformCall(expr: Expr, value: Call): Expr {
  const { id } = expr
  const target = value.target && transform(value.target)
  const args = value.args.map(transform)
  const [first, second, third] = args
  if (value.function === 'bind' && target && nameOf(target) === 'cel' && first && second && third)
    return bind(id, nameOf(first) ?? '', second, third)
  if (value.function === indexMark && target && first) return call(id, 'optIndex', [target, first])
  if (value.function === '_[_]' && first && second && isOptional(first)) return call(id, 'optIndex', [first, second])
  if ((value.function === 'optMap' || value.function === 'optFlatMap') && target && first && second)
    return mapped(id, target, nameOf(first) ?? '', second, value.function === 'optFlatMap')
  value.args = args
  if (target) value.target = target
  return expr
}

/** `body` with a name for a value: a loop over nothing, whose accumulator has that name. */
function bind(id: bigint, name: string, value: Expr, body: Expr): Expr {
  const nothing = node(id, {
    case: 'listExpr',
    value: { $typeName: 'cel.expr.Expr.CreateList', elements: [], optionalIndices: [] },
  })
  const never = node(id, {
    case: 'constExpr',
    value: { $typeName: 'cel.expr.Constant', constantKind: { case: 'boolValue', value: false } },
  })
  const self = node(id, { case: 'identExpr', value: { $typeName: 'cel.expr.Expr.Ident', name } })
  return node(id, {
    case: 'comprehensionExpr',
    value: {
      $typeName: 'cel.expr.Expr.Comprehension',
      iterVar: '#unused',
      iterVar2: '',
      iterRange: nothing,
      accuVar: name,
      accuInit: value,
      loopCondition: never,
      loopStep: self,
      result: body,
    },
  })
}

/** `opt.optMap(x, f(x))`: nothing of nothing. */
function mapped(id: bigint, target: Expr, name: string, body: Expr, flat: boolean): Expr {
  const inner = bind(id, name, call(id, 'value', [], target), body)
  const wrapped = flat ? inner : call(id, 'optOf', [inner])
  return call(id, '_?_:_', [call(id, 'hasValue', [], target), wrapped, call(id, 'optNone', [])])
}

/** Names that an expression reads but does not declare itself, each with where it stands. */
export function freeNames(parsed: Parsed): { readonly name: string; readonly position: number }[] {
  const found: { readonly name: string; readonly position: number }[] = []
  const visit = (expr: Expr | undefined, bound: ReadonlySet<string>): void => {
    if (!expr) return
    const { exprKind } = expr
    switch (exprKind.case) {
      case 'identExpr': {
        const { name } = exprKind.value
        if (!bound.has(name)) found.push({ name, position: parsed.sourceInfo?.positions[String(expr.id)] ?? 0 })
        return
      }
      case 'selectExpr':
        return visit(exprKind.value.operand, bound)
      case 'callExpr':
        visit(exprKind.value.target, bound)
        return exprKind.value.args.forEach((arg) => visit(arg, bound))
      case 'listExpr':
        return exprKind.value.elements.forEach((item) => visit(item, bound))
      case 'structExpr':
        return exprKind.value.entries.forEach((entry) => {
          visit(entry.value, bound)
          if (entry.keyKind.case === 'mapKey') visit(entry.keyKind.value, bound)
        })
      case 'comprehensionExpr': {
        const loop = exprKind.value
        visit(loop.iterRange, bound)
        visit(loop.accuInit, bound)
        const inner = new Set([...bound, loop.iterVar, loop.iterVar2, loop.accuVar])
        for (const part of [loop.loopCondition, loop.loopStep, loop.result]) visit(part, inner)
        return
      }
      default:
    }
  }
  visit(parsed.expr, new Set())
  return found
}

/** Names of functions that an expression calls, each with where its arguments begin; those of a namespace with it. */
export function calledFunctions(
  parsed: Parsed,
  text: string,
): { readonly name: string; readonly qualified: string; readonly position: number }[] {
  const found: { readonly name: string; readonly qualified: string; readonly position: number }[] = []
  walk(parsed.expr, ({ id, exprKind }) => {
    if (exprKind.case !== 'callExpr' || !/^[A-Za-z]/.test(exprKind.value.function)) return
    const { function: name, target } = exprKind.value
    const from = parsed.sourceInfo?.positions[String(id)] ?? 0
    const open = text.indexOf('(', from)
    const space = target && nameOf(target)
    found.push({ name, qualified: space === undefined ? name : `${space}.${name}`, position: open < 0 ? from : open })
  })
  return found
}

function walk(expr: Expr | undefined, visit: (expr: Expr) => void): void {
  if (!expr) return
  visit(expr)
  const { exprKind } = expr
  switch (exprKind.case) {
    case 'selectExpr':
      return walk(exprKind.value.operand, visit)
    case 'callExpr':
      walk(exprKind.value.target, visit)
      return exprKind.value.args.forEach((arg) => walk(arg, visit))
    case 'listExpr':
      return exprKind.value.elements.forEach((item) => walk(item, visit))
    case 'structExpr':
      return exprKind.value.entries.forEach((entry) => {
        walk(entry.value, visit)
        if (entry.keyKind.case === 'mapKey') walk(entry.keyKind.value, visit)
      })
    case 'comprehensionExpr':
      for (const part of ['iterRange', 'accuInit', 'loopCondition', 'loopStep', 'result'] as const)
        walk(exprKind.value[part], visit)
      return
    default:
  }
}
