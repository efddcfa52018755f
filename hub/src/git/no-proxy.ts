import { BlockList, isIP } from 'node:net'

/**
 * Whether an address is reached without the proxy: it is this machine, or one of the list says so – `*`, a host, a
 * domain (`example.com` with all below it, `.example.com` only those below), an IP address, a range of them, each but
 * the last with a port where only that port is meant.
 */
export function isDirect(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (host === 'localhost' || isLoopback(host)) return true
  return noProxy
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .some((rule) => rule !== '' && covers(rule, host, port))
}

function covers(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true
  if (rule.includes('/')) return inRange(rule, host)
  const [, bare = '', only] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(rule) ?? []
  if (only !== undefined && only !== port) return false
  const name = bare.replace(/^\[|\]$/g, '')
  if (isIP(name) > 0 || isIP(host) > 0) return name === host
  const below = name.replace(/^\*?\.?/, '.')
  return host.endsWith(below) || (!/^[*.]/.test(name) && host === name)
}

function inRange(rule: string, host: string): boolean {
  const [network = '', bits = ''] = rule.split('/')
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128))
    return false
  return listed(network, Number(bits), host)
}

function listed(network: string, bits: number, host: string): boolean {
  const type = isIP(network) === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, bits, type)
  return list.check(host, type)
}

function isLoopback(host: string): boolean {
  return isIP(host) === 4 ? listed('127.0.0.0', 8, host) : host === '::1'
}
