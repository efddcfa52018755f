import { describe, expect, it } from 'vitest'
import { negotiate, negotiateDiscovery, parseAccept } from './negotiate.ts'

describe('Accept headers', () => {
  it('put what is wanted most first', () => {
    expect(parseAccept('application/yaml;q=0.5,application/json').map((clause) => clause.type)).toEqual([
      'application/json',
      'application/yaml',
    ])
  })

  it.each(['application/json', '*/*', undefined])('take JSON of %j', (accept) => {
    expect(negotiate(accept)).toMatchObject({ yaml: false })
  })

  it.each(['text/html', 'image/png', 'application/*'])('that nothing fits are refused: %s', (accept) => {
    expect(() => negotiate(accept)).toThrow(expect.objectContaining({ code: 406 }) as Error)
  })

  it('of discovery may ask for all groups at once', () => {
    const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    expect(negotiateDiscovery(aggregated, true)).toBe('aggregated')
    expect(negotiateDiscovery(`${aggregated},application/json`, false)).toBe('json')
  })
})
