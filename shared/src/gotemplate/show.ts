import type { Command, Expression, Pipe } from './nodes.ts'

/** A piece of a template as Go's errors show it. */
export function shownExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(expression.value)
    case 'number':
    case 'text':
      return expression.source
    case 'function':
      return expression.name
    case 'field':
      return fields(expression.names)
    case 'variable':
      return `${expression.name}${fields(expression.names)}`
    case 'chain':
      return `${shownArgument(expression.of)}${fields(expression.names)}`
    case 'pipe':
      return shownPipe(expression.pipe)
  }
}

export function shownCommand({ args }: Command): string {
  return args.map(shownArgument).join(' ')
}

export function shownPipe({ variables, assigns, commands }: Pipe): string {
  const declared = variables.length > 0 ? `${variables.join(', ')} ${assigns ? '=' : ':='} ` : ''
  return `${declared}${commands.map(shownCommand).join(' | ')}`
}

function shownArgument(expression: Expression): string {
  const text = shownExpression(expression)
  return expression.kind === 'pipe' ? `(${text})` : text
}

function fields(names: readonly string[]): string {
  return names.map((name) => `.${name}`).join('')
}
