import { expect, it } from 'vitest'
import { isDirect } from './no-proxy.ts'

it.each([
  ['https://example.com', 'example.com', true],
  ['https://git.example.com', 'example.com', true],
  ['https://notexample.com', 'example.com', false],
  ['https://example.com', '.example.com', false],
  ['https://git.example.com', '.example.com', true],
  ['https://git.example.com', '*.example.com', true],
  ['https://Git.Example.com', ' other , EXAMPLE.com', true],
  ['https://git.example.com', 'example.com:8443', false],
  ['https://git.example.com:8443', 'example.com:8443', true],
  ['https://git.example.com', 'example.com:443', true],
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', '10.0.0.0/8', false],
  ['https://10.1.2.3', '10.1.2.3', true],
  ['https://110.1.2.3', '10.1.2.3', false],
  ['https://[fd00::1]', 'fd00::/8', true],
  ['https://[fd00::1]:8443', '[fd00::1]:8443', true],
  ['https://git.example.com', '*', true],
  ['https://git.example.com', '', false],
  ['https://localhost:1', '', true],
  ['https://127.8.0.1', '', true],
])('%s, no proxy for "%s": %s', (url, noProxy, direct) => {
  expect(isDirect(new URL(url), noProxy)).toBe(direct)
})
