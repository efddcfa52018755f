import { describe, expect, test } from 'vitest'
import { pod, testApi, type TestApi } from '../testing/api.ts'
import { podSecurity } from './plugin.ts'

const namespaces = { group: '', version: 'v1', resource: 'namespaces', name: 'a' }

async function apiWith(labels: Record<string, string>): Promise<TestApi> {
  const api = await testApi([podSecurity])
  await label(api, labels)
  return api
}

async function label(api: TestApi, labels: Record<string, string>): Promise<readonly string[]> {
  const warnings: string[] = []
  const named = Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value]),
  )
  await api.objects.patchDetailed(namespaces, { metadata: { labels: named } }, { type: 'merge' }, warnings)
  return warnings
}

const hardened = {
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  },
}

describe('baseline refuses', () => {
  test.each([
    [
      'privileged',
      pod('p', { securityContext: { privileged: true } }),
      'privileged (container "main" must not set securityContext.privileged=true)',
    ],
    [
      'host namespaces',
      pod('p', {}, { hostNetwork: true, hostPID: true }),
      'host namespaces (hostNetwork=true, hostPID=true)',
    ],
    [
      'capabilities',
      pod('p', { securityContext: { capabilities: { add: ['SYS_ADMIN', 'NET_RAW', 'KILL'] } } }),
      'non-default capabilities (container "main" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'host paths',
      pod('p', {}, { volumes: [{ name: 'v', hostPath: { path: '/x' } }] }),
      'hostPath volumes (volume "v")',
    ],
    [
      'host ports',
      pod('p', {
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 81 },
        ],
      }),
      'hostPort (container "main" uses hostPorts 80, 81)',
    ],
    [
      'hosts of probes',
      pod('p', { livenessProbe: { httpGet: { host: 'x', port: 80 } } }),
      'probe or lifecycle host (container "main" uses probe or lifecycle host "x")',
    ],
    [
      'SELinux',
      pod('p', {}, { securityContext: { seLinuxOptions: { type: 'odd_t', user: 'u' } } }),
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "odd_t"; user may not be set)',
    ],
    [
      'seccomp',
      pod('p', {}, { securityContext: { seccompProfile: { type: 'Unconfined' } } }),
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'sysctls',
      pod('p', {}, { securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] } }),
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'AppArmor',
      pod('p', { securityContext: { appArmorProfile: { type: 'Unconfined' } } }),
      'forbidden AppArmor profile (container "main" must not set AppArmor profile type to "Unconfined")',
    ],
  ])('%s', async (_, given, why) => {
    const api = await apiWith({ enforce: 'baseline' })
    const { status } = await api.refused('pods', given)
    expect(status).toMatchObject({
      code: 403,
      message: `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${why}`,
      details: { name: 'p', kind: 'pods' },
    })
  })
})

describe('restricted', () => {
  test('lets a hardened pod pass', async () => {
    const api = await apiWith({ enforce: 'restricted' })
    await api.create('pods', pod('p', hardened))
  })

  test('names all that is missing, baseline first', async () => {
    const api = await apiWith({ enforce: 'restricted' })
    const error = await api.refused(
      'pods',
      pod('p', {}, { hostIPC: true, volumes: [{ name: 'n', nfs: { server: 's', path: '/' } }] }),
    )
    expect(error.message).toBe(
      'pods "p" is forbidden: violates PodSecurity "restricted:latest": host namespaces (hostIPC=true), allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), restricted volume types (volume "n" uses restricted volume type "nfs"), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    )
  })

  test('is that of its version', async () => {
    const api = await apiWith({ enforce: 'restricted', 'enforce-version': 'v1.0' })
    const error = await api.refused('pods', pod('p'))
    expect(error.message).toContain('"restricted:v1.0": runAsNonRoot != true (')
    expect(error.message).not.toContain('seccomp')
  })

  test('warns of templates, and enforces nothing of them', async () => {
    const api = await apiWith({ enforce: 'restricted' })
    const template = {
      metadata: { labels: { app: 'd' } },
      spec: { containers: [{ name: 'main', image: 'i', ...hardened }], hostPID: true },
    }
    const deployment = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { app: 'd' } }, template } }
    expect(await api.warned('deployments', deployment)).toEqual([
      'would violate PodSecurity "restricted:latest": host namespaces (hostPID=true)',
    ])
  })
})

describe('labels', () => {
  test('must name a level and a version', async () => {
    const api = await testApi([podSecurity])
    const given = {
      metadata: {
        name: 'b',
        labels: { 'pod-security.kubernetes.io/warn': 'x', 'pod-security.kubernetes.io/warn-version': '1.2' },
      },
    }
    const { status } = await api.refused('namespaces', given)
    expect(status.code).toBe(422)
    expect(status.message).toBe(
      'Namespace "b" is invalid: [metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "x": must be one of privileged, baseline, restricted, metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": must be "latest" or "v1.x"]',
    )
  })

  test('that get stricter warn of the pods that are there', async () => {
    const api = await testApi([podSecurity])
    for (const name of ['x', 'y']) await api.create('pods', pod(name, { securityContext: { privileged: true } }))
    await api.create('pods', pod('z', {}, { hostPID: true }))
    expect(await label(api, { enforce: 'baseline' })).toEqual([
      'existing pods in namespace "a" violate the new PodSecurity enforce level "baseline:latest"',
      'x (and 1 other pod): privileged',
      'z: host namespaces',
    ])
  })
})
