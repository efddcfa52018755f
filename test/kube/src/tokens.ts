import type { Actor } from '@flotilla/shared/apiserver/objects'

/** Reads the CSV of the real server: `token,user,uid,"group1,group2"`; lines starting with `#` are notes. */
export function readTokens(text: string): Map<string, Actor> {
  const tokens = new Map<string, Actor>()
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const fields = [...line.matchAll(/(?:^|,)\s*(?:"([^"]*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted ?? plain?.trim() ?? '',
    )
    const [token = '', user = '', uid = '', groups = ''] = fields
    if (token === '' || user === '')
      throw new Error(`a line of the token file has no token or no user: expected token,user,uid,"groups"`)
    const named = groups.split(',').filter((group) => group !== '')
    tokens.set(token, { user, ...(uid === '' ? {} : { uid }), groups: [...named, 'system:authenticated'] })
  }
  return tokens
}
