/** A complaint with the line and a mark under the place, as the reference compiler prints it. */
export function complain(expression: string, position: number, why: string): string {
  const before = expression.slice(0, position).split('\n')
  const column = (before.at(-1) ?? '').length
  const line = expression.split('\n')[before.length - 1] ?? ''
  return `ERROR: <input>:${before.length}:${column + 1}: ${why}\n | ${line}\n | ${'.'.repeat(column)}^`
}
