/** What Go's decoder says of a text that is not JSON, for the common mistakes: scripts and recordings hold these words. */
export function jsonSyntaxError(value: string): string {
  const start = value.trimStart()
  if (start === '') return 'unexpected end of JSON input'
  const first = start.charAt(0)
  if (!/[[{"\-0-9tfn]/.test(first)) return `invalid character '${first}' looking for beginning of value`
  return 'unexpected end of JSON input'
}
