import { describe, expect, it } from 'vitest'
import { addressWarnings, rangeWarnings } from './addresses.ts'
import { podWarnings, templateWarnings } from './pod.ts'

const container = (fields: object): object => ({ containers: [{ name: 'c', image: 'i', ...fields }] })
const volume = (source: object): object => ({ volumes: [{ name: 'v', ...source }] })
const items = (...paths: readonly string[]) => ({ items: paths.map((path) => ({ key: 'k', path })) })

const pods: readonly (readonly [object, readonly string[]])[] = [
  [container({}), []],
  [
    { nodeSelector: { 'node-role.kubernetes.io/master': '' } },
    ['spec.nodeSelector[node-role.kubernetes.io/master]: use "node-role.kubernetes.io/control-plane" instead'],
  ],
  [
    { terminationGracePeriodSeconds: -1 },
    ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
  ],
  [{ hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }] }, ['spec.hostAliases[1].ip: duplicate ip "1.1.1.1"']],
  [{ imagePullSecrets: [{ name: 'a' }, { name: 'a' }] }, ['spec.imagePullSecrets[1].name: duplicate name "a"']],
  [{ imagePullSecrets: [{}] }, ['spec.imagePullSecrets[0].name: invalid empty name ""']],
  [
    volume({ gitRepo: { repository: 'r' } }),
    ['spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+'],
  ],
  [
    volume({ configMap: { name: 'm', ...items('a', 'a/b') } }),
    ['volume "v" (ConfigMap "m"): overlapping paths: "a/b" with "a"'],
  ],
  [
    volume({
      projected: { sources: [{ secret: { name: 's', ...items('t') } }, { serviceAccountToken: { path: 't/' } }] },
    }),
    ['volume "v" (Projected): overlapping paths: "t" (ServiceAccountToken) with "t" (Secret "s")'],
  ],
  [volume({ projected: { sources: [{}] } }), ['volume "v" (Projected) has no sources provided']],
  [
    { topologySpreadConstraints: [{ topologyKey: 'a' }] },
    ['spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod'],
  ],
  [
    container({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '$(A)2' },
      ],
    }),
    [],
  ],
  [
    container({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' },
      ],
    }),
    ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    container({
      ports: [
        { containerPort: 80, protocol: 'TCP' },
        { containerPort: 80, protocol: 'TCP', hostPort: 8 },
      ],
    }),
    ['spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]'],
  ],
  [
    container({ ports: [{ containerPort: 80, hostIP: '1.2.3.4', name: 'a', protocol: 'TCP' }] }),
    [
      'spec.containers[0].ports[0]: hostIP set without hostPort: {Name:a HostPort:0 ContainerPort:80 Protocol:TCP HostIP:1.2.3.4}',
    ],
  ],
]

describe('warnings', () => {
  it.each(pods)('of a pod with %j', (spec, expected) => {
    expect(podWarnings({ spec })).toEqual(expected)
  })

  it('name the place of a template, and profiles that only a template keeps', () => {
    const metadata = { annotations: { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' } }
    const template = { metadata, spec: container({}) }
    expect(podWarnings(template)).toEqual([])
    expect(templateWarnings(template, 'spec.template')).toEqual([
      'spec.template.metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ])
  })

  it.each([
    ['1.2.3.4', []],
    ['2001:db8::1', []],
    ['010.0.0.1', ['a: non-standard IP address "010.0.0.1" is invalid: use "10.0.0.1"']],
    ['::ffff:1.2.3.4', ['a: non-standard IP address "::ffff:1.2.3.4" is invalid: use "1.2.3.4"']],
    ['2001:DB8:0::1', ['a: IPv6 address "2001:DB8:0::1" should be in RFC 5952 canonical format ("2001:db8::1")']],
  ])('of the address %s', (address, expected) => {
    expect(addressWarnings('a', address)).toEqual(expected)
  })

  it.each([
    ['10.0.0.0/8', []],
    [
      '10.1.0.0/8',
      ['a: CIDR value "10.1.0.0/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.0.0/32"?)'],
    ],
    ['010.0.0.0/8', ['a: non-standard CIDR value "010.0.0.0/8" is invalid: use "10.0.0.0/8"']],
    ['2001:DB8::/32', ['a: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")']],
  ])('of the range %s', (range, expected) => {
    expect(rangeWarnings('a', range)).toEqual(expected)
  })
})
